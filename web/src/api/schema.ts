// Written by `npm run types` from the server's API. Do not edit.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Agent
         * @description The daemon on one machine, as the members of its project see it.
         */
        Agent: {
            /** Agent Version */
            agent_version: string | null;
            /** Carrier */
            carrier: ("websocket" | "poll") | null;
            /** Created Ms */
            created_ms: number;
            /** Demo */
            demo: boolean;
            /** Id */
            id: string;
            /** Keys */
            keys: components["schemas"]["AgentKeyView"][];
            /** Last Seen Ms */
            last_seen_ms: number | null;
            machine: components["schemas"]["Machine"] | null;
            /** Name */
            name: string;
            /** Online */
            online: boolean;
            /** Project Id */
            project_id: string;
            sessions: components["schemas"]["SessionCount"];
            status: components["schemas"]["AgentStatus"] | null;
        };
        /**
         * AgentKeyView
         * @description A key of an agent that is valid now, as people see it.
         */
        AgentKeyView: {
            /** Created Ms */
            created_ms: number;
            /** Expires Ms */
            expires_ms: number | null;
            /** Key Id */
            key_id: string;
        };
        /** AgentName */
        AgentName: {
            /**
             * Name
             * @example workstation
             */
            name: string;
        };
        /**
         * AgentStanding
         * @description How the server sees the agent of a token. `expires_ms` is set when the token was rotated out.
         *
         *     `stored` says for each session asked about that is the agent's how far its log is stored.
         */
        AgentStanding: {
            /** Agent Id */
            agent_id: string;
            /** Agent Name */
            agent_name: string;
            /** Carrier */
            carrier: string | null;
            /** Expires Ms */
            expires_ms: number | null;
            /** Key Id */
            key_id: string;
            /** Online */
            online: boolean;
            /** Server Time Ms */
            server_time_ms: number;
            /** Server Version */
            server_version: string;
            /** Stored */
            stored: {
                [key: string]: number;
            };
        };
        /**
         * AgentStatus
         * @description How the agent's machine was when it last said so. Load is the one-minute average.
         */
        AgentStatus: {
            /** Agent Memory Bytes */
            agent_memory_bytes: number;
            /** Disk Free Bytes */
            disk_free_bytes: number;
            /** Load */
            load: number;
            /** Memory Used Bytes */
            memory_used_bytes: number;
        };
        /**
         * AgentWithToken
         * @description An agent with a new token, shown once, and the command that starts it on another machine.
         *
         *     The command asks for the token instead of containing it: it may be kept in a shell's history and seen in `ps`.
         */
        AgentWithToken: {
            agent: components["schemas"]["Agent"];
            /** Command */
            command: string;
            /** Token */
            token: string;
        };
        /**
         * AnswerRequest
         * @description An answer. `suggestions` are indices of the request's own; `answers` maps a question's text to what is chosen.
         */
        AnswerRequest: {
            /** Answers */
            answers?: {
                [key: string]: string;
            } | null;
            /**
             * Behavior
             * @enum {string}
             */
            behavior: "allow" | "deny";
            /**
             * Interrupt
             * @default false
             */
            interrupt?: boolean;
            /**
             * Message
             * @example Please add a test first.
             */
            message?: string | null;
            /**
             * Suggestions
             * @default []
             */
            suggestions?: number[];
            /** Updated Input */
            updated_input?: {
                [key: string]: unknown;
            } | null;
        };
        /**
         * ApiToken
         * @description An API token as its owner sees it afterwards.
         */
        ApiToken: {
            /** Created Ms */
            created_ms: number;
            /** Id */
            id: string;
            /** Last Used Ms */
            last_used_ms: number | null;
            /** Name */
            name: string;
        };
        /**
         * AuditEntry
         * @description One line of the audit log. `actor` is a username, an agent's id, or an address where nobody is known.
         */
        AuditEntry: {
            /** Action */
            action: string;
            /** Actor */
            actor: string;
            /** At Ms */
            at_ms: number;
            /** Detail */
            detail: string;
            /** Id */
            id: number;
            /** Project Id */
            project_id: string | null;
            /** Target */
            target: string;
        };
        /**
         * Change
         * @description What to change of one's account; a password, where there is one, must be given to change name or password.
         */
        Change: {
            /** Current Password */
            current_password?: string | null;
            /** Password */
            password?: string | null;
            /** Username */
            username?: string | null;
        };
        /**
         * CommandRequest
         * @description A prompt for a running session. `id` makes it safe to send twice.
         */
        CommandRequest: {
            /** Id */
            id?: string | null;
            /**
             * Text
             * @example Add a test for that.
             */
            text: string;
        };
        /** DeviceCode */
        DeviceCode: {
            /** Device Code */
            device_code: string;
        };
        /**
         * DeviceLogin
         * @description A program that asks to be signed in, as the person who decides sees it.
         */
        DeviceLogin: {
            /** Address */
            address: string;
            /** Approved */
            approved: boolean;
            /** Created Ms */
            created_ms: number;
            /** Expires Ms */
            expires_ms: number;
            /** User Code */
            user_code: string;
        };
        /**
         * DeviceToken
         * @description The API token, shown once.
         */
        DeviceToken: {
            /** Token */
            token: string;
        };
        /**
         * EndReason
         * @description Why a session ended: by itself, on request, because it could not start or run, or with its machine.
         * @enum {string}
         */
        EndReason: "exited" | "terminated" | "failed" | "lost";
        /**
         * ErrorBody
         * @description The body of every answer that is not a success.
         */
        ErrorBody: {
            error: components["schemas"]["ErrorDetail"];
        };
        /**
         * ErrorDetail
         * @description What went wrong: a stable code, a sentence with the remedy, and the field at fault if there is one.
         */
        ErrorDetail: {
            /** Code */
            code: string;
            /** Field */
            field?: string | null;
            /** Message */
            message: string;
        };
        /**
         * Instruction
         * @description An instruction as people see it.
         */
        Instruction: {
            /** Code */
            code: string | null;
            /** Created By */
            created_by: string | null;
            /** Created Ms */
            created_ms: number;
            /** Done Ms */
            done_ms: number | null;
            /** Id */
            id: string;
            kind: components["schemas"]["InstructionKind"];
            /** Message */
            message: string | null;
            /** Session Id */
            session_id: string | null;
            state: components["schemas"]["InstructionState"];
            /** Text */
            text: string | null;
        };
        /**
         * InstructionKind
         * @description What the server asks of an agent.
         * @enum {string}
         */
        InstructionKind: "start_session" | "command" | "terminate_session";
        /**
         * InstructionState
         * @description Where an instruction is.
         * @enum {string}
         */
        InstructionState: "queued" | "sent" | "taken" | "done" | "refused" | "failed" | "expired" | "session_lost" | "unknown";
        /**
         * Invitation
         * @description An open invitation to a project.
         */
        Invitation: {
            /** Created By */
            created_by: string;
            /** Created Ms */
            created_ms: number;
            /** Expires Ms */
            expires_ms: number;
            /** Id */
            id: string;
            role: components["schemas"]["Role"];
        };
        /** InvitationCode */
        InvitationCode: {
            /** Code */
            code: string;
        };
        /** InvitedRole */
        InvitedRole: {
            /** @default operator */
            role?: components["schemas"]["Role"];
        };
        /**
         * Item
         * @description A readable piece of a transcript; what `body` holds depends on `kind` (docs/api.md).
         */
        Item: {
            /** At Ms */
            at_ms: number;
            /** Body */
            body: {
                [key: string]: unknown;
            };
            /** Created Seq */
            created_seq: number;
            /**
             * Kind
             * @enum {string}
             */
            kind: "user" | "message" | "thinking" | "tool" | "request" | "turn" | "notice" | "raw";
            /** No */
            no: number;
            /** Parent */
            parent: string | null;
            /** Updated Seq */
            updated_seq: number;
        };
        /**
         * ItemPage
         * @description Items in order, and the position in the log up to which they are true.
         */
        ItemPage: {
            /** Has Earlier */
            has_earlier: boolean;
            /** Items */
            items: components["schemas"]["Item"][];
            /** Position */
            position: number;
        };
        /**
         * Link
         * @description The code of a sign-in link: what follows the # in its address.
         */
        Link: {
            /** Code */
            code: string;
        };
        /**
         * Machine
         * @description What an agent says of its machine. `demo` marks an agent whose Claude answers from the scripted model.
         */
        Machine: {
            /** Arch */
            arch: string;
            /** Claude Signed In */
            claude_signed_in?: boolean | null;
            /** Claude Version */
            claude_version?: string | null;
            /** Cpus */
            cpus: number;
            /** Default Directory */
            default_directory: string;
            /**
             * Demo
             * @default false
             */
            demo?: boolean;
            /**
             * Directories
             * @default []
             */
            directories?: string[];
            /** Hostname */
            hostname: string;
            /** Max Concurrent Sessions */
            max_concurrent_sessions: number;
            /** Memory Bytes */
            memory_bytes: number;
            /** Os */
            os: string;
            /** Permission Modes */
            permission_modes: components["schemas"]["PermissionMode"][];
        };
        /**
         * Member
         * @description A person in a project.
         */
        Member: {
            role: components["schemas"]["Role"];
            /** User Id */
            user_id: string;
            /** Username */
            username: string;
        };
        /**
         * Mode
         * @description How Claude runs: `chat` is structured JSON lines. Terminal and SDK modes join it later.
         * @enum {string}
         */
        Mode: "chat";
        /**
         * NewApiToken
         * @description An API token as it is shown once.
         */
        NewApiToken: {
            /** Created Ms */
            created_ms: number;
            /** Id */
            id: string;
            /** Last Used Ms */
            last_used_ms: number | null;
            /** Name */
            name: string;
            /** Token */
            token: string;
        };
        /**
         * NewInvitation
         * @description An invitation as it is shown once; the code stands in the URL's fragment, which browsers send to nobody.
         */
        NewInvitation: {
            /** Code */
            code: string;
            /** Created By */
            created_by: string;
            /** Created Ms */
            created_ms: number;
            /** Expires Ms */
            expires_ms: number;
            /** Id */
            id: string;
            role: components["schemas"]["Role"];
            /** Url */
            url: string;
        };
        /** NewRole */
        NewRole: {
            role: components["schemas"]["Role"];
        };
        /** NewTitle */
        NewTitle: {
            /** Title */
            title: string;
        };
        /**
         * Nothing
         * @description An empty answer.
         */
        Nothing: Record<string, never>;
        /**
         * PermissionMode
         * @description The CLI's permission modes that a session can start in.
         * @enum {string}
         */
        PermissionMode: "default" | "acceptEdits" | "plan" | "dontAsk" | "auto" | "bypassPermissions";
        /**
         * Project
         * @description A project as one of its members sees it.
         */
        Project: {
            /** Agents */
            agents: number;
            /** Created Ms */
            created_ms: number;
            /** Id */
            id: string;
            /** Name */
            name: string;
            role: components["schemas"]["Role"];
            /** Sessions */
            sessions: number;
        };
        /** ProjectName */
        ProjectName: {
            /**
             * Name
             * @example Home
             */
            name: string;
        };
        /**
         * Proven
         * @description The signature was right.
         */
        Proven: {
            /**
             * Proven
             * @default true
             */
            proven?: boolean;
        };
        /**
         * Register
         * @description A new account. `invitation` is the code of an invitation to a project.
         */
        Register: {
            /** Invitation */
            invitation?: string | null;
            /**
             * Password
             * @example correct horse battery staple
             */
            password: string;
            /**
             * Username
             * @example ada
             */
            username: string;
        };
        /**
         * Request
         * @description A permission request, question or plan as people see it. `suggestions` are lasting permissions, with a label.
         */
        Request: {
            /** Agent Name */
            agent_name: string;
            /** Answer */
            answer: string | null;
            /** Answered By */
            answered_by: string | null;
            /** Answered Ms */
            answered_ms: number | null;
            /** Created Ms */
            created_ms: number;
            /** Description */
            description: string | null;
            /** Id */
            id: string;
            /** Input */
            input: {
                [key: string]: unknown;
            };
            /** Kind */
            kind: string;
            /** Session Id */
            session_id: string;
            /** Session Title */
            session_title: string;
            state: components["schemas"]["RequestState"];
            /** Suggestions */
            suggestions: {
                [key: string]: unknown;
            }[];
            /** Title */
            title: string;
            /** Tool Name */
            tool_name: string;
        };
        /**
         * RequestState
         * @description Whether somebody still has to answer.
         * @enum {string}
         */
        RequestState: "pending" | "answered" | "withdrawn";
        /** ResumeRequest */
        ResumeRequest: {
            /** Prompt */
            prompt?: string | null;
        };
        /**
         * Role
         * @description What a member may do: viewers read, operators also steer sessions, owners also manage agents and members.
         * @enum {string}
         */
        Role: "viewer" | "operator" | "owner";
        /**
         * Rotation
         * @description How long the older tokens hold on, so that the daemon can be given the new one in peace.
         */
        Rotation: {
            /**
             * Overlap Seconds
             * @default 3600
             */
            overlap_seconds?: number;
        };
        /**
         * ServerInfo
         * @description What the server tells everybody.
         */
        ServerInfo: {
            /** Demo */
            demo: boolean;
            /**
             * Registration
             * @enum {string}
             */
            registration: "first" | "invitation" | "open";
            /** Signed In */
            signed_in: boolean;
            /** Version */
            version: string;
        };
        /**
         * Session
         * @description A session as people see it.
         */
        Session: {
            /** Activity */
            activity: string | null;
            /** Agent Id */
            agent_id: string;
            /** Agent Name */
            agent_name: string;
            /** Agent Online */
            agent_online: boolean;
            /** Claude Session Id */
            claude_session_id: string;
            /** Cost Usd */
            cost_usd: number | null;
            /** Created By */
            created_by: string | null;
            /** Created Ms */
            created_ms: number;
            /** Demo */
            demo: boolean;
            /** Detail */
            detail: string | null;
            /** Directory */
            directory: string | null;
            /** Ended Ms */
            ended_ms: number | null;
            /** Epoch */
            epoch: number;
            /** Exit Code */
            exit_code: number | null;
            /** Id */
            id: string;
            /** Input Tokens */
            input_tokens: number;
            /** Last Seq */
            last_seq: number;
            /** Last Text */
            last_text: string | null;
            mode: components["schemas"]["Mode"];
            /** Model */
            model: string | null;
            /** Output Tokens */
            output_tokens: number;
            /** Pending Requests */
            pending_requests: number;
            /** Permission Mode */
            permission_mode: string;
            /** Project Id */
            project_id: string;
            /** Project Name */
            project_name: string;
            reason: components["schemas"]["EndReason"] | null;
            /** Started Ms */
            started_ms: number | null;
            state: components["schemas"]["SessionState"];
            /** Title */
            title: string;
            /** Updated Ms */
            updated_ms: number;
        };
        /**
         * SessionCount
         * @description How many of an agent's sessions run (or start), and how many wait for a place.
         */
        SessionCount: {
            /**
             * Queued
             * @default 0
             */
            queued?: number;
            /**
             * Running
             * @default 0
             */
            running?: number;
        };
        /**
         * SessionRequest
         * @description What to start. `id` makes it safe to send twice; without one the server chooses.
         */
        SessionRequest: {
            /** Agent Id */
            agent_id: string;
            /**
             * Directory
             * @example /home/me/project
             */
            directory?: string | null;
            /** Id */
            id?: string | null;
            /** Model */
            model?: string | null;
            /** @default default */
            permission_mode?: components["schemas"]["PermissionMode"];
            /**
             * Prompt
             * @example What does this project do?
             */
            prompt?: string | null;
            /**
             * Title
             * @default
             */
            title?: string;
        };
        /**
         * SessionState
         * @description The life of a session: queued → starting → running → ended.
         * @enum {string}
         */
        SessionState: "queued" | "starting" | "running" | "ended";
        /** SignIn */
        SignIn: {
            /**
             * Password
             * @example correct horse battery staple
             */
            password: string;
            /**
             * Username
             * @example ada
             */
            username: string;
        };
        /**
         * StartedDeviceLogin
         * @description The secret that the program keeps, and the code that a person compares and approves on the page.
         */
        StartedDeviceLogin: {
            /** Device Code */
            device_code: string;
            /** Expires Ms */
            expires_ms: number;
            /** User Code */
            user_code: string;
        };
        /** TokenName */
        TokenName: {
            /**
             * Name
             * @example laptop
             */
            name: string;
        };
        /**
         * User
         * @description A person's account.
         */
        User: {
            /** Created Ms */
            created_ms: number;
            /** Has Password */
            has_password: boolean;
            /** Id */
            id: string;
            /** Is Owner */
            is_owner: boolean;
            /** Username */
            username: string;
        };
        /**
         * Verification
         * @description Whether the stored log is what the machine signed; `first_bad_seq` names the first frame that is not.
         */
        Verification: {
            /** Batches */
            batches: number;
            /** First Bad Seq */
            first_bad_seq: number | null;
            /** Frames */
            frames: number;
            /** Head */
            head: string;
            /** Problem */
            problem: string | null;
            /** Verified */
            verified: boolean;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
