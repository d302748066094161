// Written by `npm run types` from the server's API. Do not edit.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Agent
         * @description The daemon on one machine, as the members of its project see it.
         * @example {
         *       "agent_version": "0.1.0",
         *       "carrier": "websocket",
         *       "created_ms": 1795385584343,
         *       "demo": false,
         *       "errors": [
         *         {
         *           "code": "spool_damaged",
         *           "first_ms": 1795385584343,
         *           "last_ms": 1795385644343,
         *           "message": "A segment of the spool is damaged. What came before it is safe.",
         *           "session_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
         *           "times": 2
         *         }
         *       ],
         *       "id": "agt_hjcplcqrsrogonzpaxx6",
         *       "keys": [
         *         {
         *           "created_ms": 1795385584343,
         *           "expires_ms": null,
         *           "key_id": "lp25b32etm"
         *         }
         *       ],
         *       "last_seen_ms": 1795385584343,
         *       "machine": {
         *         "arch": "x86_64",
         *         "claude_signed_in": true,
         *         "claude_version": "2.1.0",
         *         "cpus": 8,
         *         "default_directory": "/srv/projects",
         *         "demo": false,
         *         "directories": [
         *           "/srv/projects"
         *         ],
         *         "hostname": "workstation",
         *         "max_concurrent_sessions": 5,
         *         "memory_bytes": 33554432000,
         *         "os": "Linux 6.1",
         *         "permission_modes": [
         *           "default",
         *           "acceptEdits",
         *           "plan"
         *         ]
         *       },
         *       "name": "workstation",
         *       "online": true,
         *       "project_id": "prj_2k2chh6bckqd467phlmx",
         *       "sessions": {
         *         "queued": 0,
         *         "running": 1
         *       },
         *       "status": {
         *         "agent_memory_bytes": 41000000,
         *         "disk_free_bytes": 123456789012,
         *         "load": 0.42,
         *         "memory_used_bytes": 8123456789
         *       }
         *     }
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
            /** Errors */
            errors: components["schemas"]["ReportedError"][];
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
         * @example {
         *       "created_ms": 1795385584343,
         *       "expires_ms": null,
         *       "key_id": "lp25b32etm"
         *     }
         */
        AgentKeyView: {
            /** Created Ms */
            created_ms: number;
            /** Expires Ms */
            expires_ms: number | null;
            /** Key Id */
            key_id: string;
        };
        /**
         * AgentName
         * @example {
         *       "name": "workstation"
         *     }
         */
        AgentName: {
            /** Name */
            name: string;
        };
        /**
         * AgentStanding
         * @description How the server sees the agent of a token. `expires_ms` is set when the token was rotated out.
         *
         *     `stored` says for each session asked about that is the agent's how far its log is stored.
         * @example {
         *       "agent_id": "agt_hjcplcqrsrogonzpaxx6",
         *       "agent_name": "workstation",
         *       "carrier": "websocket",
         *       "expires_ms": null,
         *       "key_id": "lp25b32etm",
         *       "online": true,
         *       "server_time_ms": 1795385584343,
         *       "server_version": "0.1.0",
         *       "stored": {
         *         "7c9e6679-7425-40de-944b-e07fc1f90ae7": 23
         *       }
         *     }
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
         * @example {
         *       "agent_memory_bytes": 41000000,
         *       "disk_free_bytes": 123456789012,
         *       "load": 0.42,
         *       "memory_used_bytes": 8123456789
         *     }
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
         * @example {
         *       "agent": {
         *         "agent_version": "0.1.0",
         *         "carrier": "websocket",
         *         "created_ms": 1795385584343,
         *         "demo": false,
         *         "errors": [
         *           {
         *             "code": "spool_damaged",
         *             "first_ms": 1795385584343,
         *             "last_ms": 1795385644343,
         *             "message": "A segment of the spool is damaged. What came before it is safe.",
         *             "session_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
         *             "times": 2
         *           }
         *         ],
         *         "id": "agt_hjcplcqrsrogonzpaxx6",
         *         "keys": [
         *           {
         *             "created_ms": 1795385584343,
         *             "expires_ms": null,
         *             "key_id": "lp25b32etm"
         *           }
         *         ],
         *         "last_seen_ms": 1795385584343,
         *         "machine": {
         *           "arch": "x86_64",
         *           "claude_signed_in": true,
         *           "claude_version": "2.1.0",
         *           "cpus": 8,
         *           "default_directory": "/srv/projects",
         *           "demo": false,
         *           "directories": [
         *             "/srv/projects"
         *           ],
         *           "hostname": "workstation",
         *           "max_concurrent_sessions": 5,
         *           "memory_bytes": 33554432000,
         *           "os": "Linux 6.1",
         *           "permission_modes": [
         *             "default",
         *             "acceptEdits",
         *             "plan"
         *           ]
         *         },
         *         "name": "workstation",
         *         "online": true,
         *         "project_id": "prj_2k2chh6bckqd467phlmx",
         *         "sessions": {
         *           "queued": 0,
         *           "running": 1
         *         },
         *         "status": {
         *           "agent_memory_bytes": 41000000,
         *           "disk_free_bytes": 123456789012,
         *           "load": 0.42,
         *           "memory_used_bytes": 8123456789
         *         }
         *       },
         *       "command": "sh -c 'stty -echo; printf \"Agent token: \"; IFS= read -r AGENT_TOKEN; …'",
         *       "token": "cla_lp25b32etm_…_avbmo5"
         *     }
         */
        AgentWithToken: {
            agent: components["schemas"]["Agent"];
            /** Command */
            command: string;
            /** Token */
            token: string;
        };
        /**
         * Amount
         * @description Sessions that have output, and how many bytes of it.
         * @example {
         *       "bytes": 1834200417,
         *       "sessions": 214
         *     }
         */
        Amount: {
            /** Bytes */
            bytes: number;
            /** Sessions */
            sessions: number;
        };
        /**
         * AnswerRequest
         * @description An answer. `suggestions` are indices of the request's own; `answers` maps a question's text to what is chosen.
         *
         *     `updated_input` is what the tool gets instead of what Claude asked for; `permission_mode` what a plan is carried out in.
         * @example {
         *       "behavior": "allow",
         *       "suggestions": [
         *         0
         *       ]
         *     }
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
            /** Message */
            message?: string | null;
            permission_mode?: components["schemas"]["PermissionMode"] | null;
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
         * @example {
         *       "created_ms": 1795385584343,
         *       "id": "tok_m4xq2n7dlk5vhr3ezt6c",
         *       "last_used_ms": null,
         *       "name": "laptop"
         *     }
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
         * @example {
         *       "action": "signed_in",
         *       "actor": "ada",
         *       "at_ms": 1795385584343,
         *       "detail": "password, from 203.0.113.9",
         *       "id": 17,
         *       "project_id": null,
         *       "target": ""
         *     }
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
         * Cause
         * @description Why output was removed: it was older than its project keeps it, or the project held more than it keeps.
         * @enum {string}
         */
        Cause: "age" | "size";
        /**
         * Change
         * @description What to change of one's account; a password, where there is one, must be given to change name or password.
         * @example {
         *       "current_password": "an older password",
         *       "password": "correct horse battery staple"
         *     }
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
         * ChangedPrompt
         * @description Another text. `instead_of` is the text one saw: a conflict when it has changed since.
         * @example {
         *       "instead_of": "Then write the docs.",
         *       "text": "Then write the changelog."
         *     }
         */
        ChangedPrompt: {
            /** Instead Of */
            instead_of: string;
            /** Text */
            text: string;
        };
        /**
         * Closing
         * @description What the checkpoints say of the log's end.
         *
         *     `closed`: the machine signed that it ended there. `open`: the session goes on. `late`: it should have signed another
         *     one by now. `not_closed`: it has ended, and its machine has not signed where. `unsigned`: it never signed anything.
         * @enum {string}
         */
        Closing: "closed" | "open" | "late" | "not_closed" | "unsigned";
        /**
         * CommandRequest
         * @description A prompt for a running session. `id` makes it safe to send twice.
         * @example {
         *       "id": "b3a8e0e1-f9ab-4bfe-8c6b-3f6f0f6f2a11",
         *       "text": "Add a test for that."
         *     }
         */
        CommandRequest: {
            /** Id */
            id?: string | null;
            /** Text */
            text: string;
        };
        /**
         * DeviceCode
         * @example {
         *       "device_code": "Gi5wj3VzaxaPKRt1JDU2dTZY914Sgqsc0Qnt2a_l84g"
         *     }
         */
        DeviceCode: {
            /** Device Code */
            device_code: string;
        };
        /**
         * DeviceLogin
         * @description A program that asks to be signed in, as the person who decides sees it.
         * @example {
         *       "address": "203.0.113.9",
         *       "approved": false,
         *       "created_ms": 1795385584343,
         *       "expires_ms": 1795386184343,
         *       "user_code": "BCDF-GHJK"
         *     }
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
         * @example {
         *       "token": "clp_etnvwr3dbx_…_syrvnl"
         *     }
         */
        DeviceToken: {
            /** Token */
            token: string;
        };
        /**
         * EffortSetting
         * @description Another effort from the next turn on, until this process ends.
         * @example {
         *       "setting": "effort",
         *       "value": "high"
         *     }
         */
        EffortSetting: {
            /**
             * Setting
             * @constant
             */
            setting: "effort";
            /**
             * Value
             * @enum {string}
             */
            value: "low" | "medium" | "high" | "xhigh" | "max";
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
         * @example {
         *       "error": {
         *         "code": "input_invalid",
         *         "field": "name",
         *         "message": "name is missing."
         *       }
         *     }
         */
        ErrorBody: {
            error: components["schemas"]["ErrorDetail"];
        };
        /**
         * ErrorDetail
         * @description What went wrong: a stable code, a sentence with the remedy, and the field at fault if there is one.
         * @example {
         *       "code": "input_invalid",
         *       "field": "name",
         *       "message": "name is missing."
         *     }
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
         * @description An instruction as people see it. `input_id` is the uuid that Claude knows its prompt by.
         * @example {
         *       "code": null,
         *       "created_by": "ada",
         *       "created_ms": 1795385584343,
         *       "done_ms": 1795385584383,
         *       "id": "b3a8e0e1-f9ab-4bfe-8c6b-3f6f0f6f2a11",
         *       "input_id": "b3a8e0e1-f9ab-4bfe-8c6b-3f6f0f6f2a11",
         *       "kind": "command",
         *       "message": null,
         *       "session_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
         *       "state": "done",
         *       "text": "Add a test for that."
         *     }
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
            /** Input Id */
            input_id: string;
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
        InstructionState: "queued" | "sent" | "taken" | "done" | "refused" | "failed" | "expired" | "session_lost" | "unknown" | "withdrawn" | "retried" | "dropped";
        /**
         * Invitation
         * @description An open invitation to a project.
         * @example {
         *       "created_by": "ada",
         *       "created_ms": 1795385584343,
         *       "expires_ms": 1795990384343,
         *       "id": "inv_q5n2x7dlk4vhr3ezt6cm",
         *       "role": "operator"
         *     }
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
        /**
         * InvitationCode
         * @example {
         *       "code": "Gi5wj3VzaxaPKRt1JDU2dTZY914Sgqsc0Qnt2a_l84g"
         *     }
         */
        InvitationCode: {
            /** Code */
            code: string;
        };
        /**
         * InvitedRole
         * @example {
         *       "role": "operator"
         *     }
         */
        InvitedRole: {
            /** @default operator */
            role?: components["schemas"]["Role"];
        };
        /**
         * Item
         * @description A readable piece of a transcript; what `body` holds depends on `kind` (docs/transcript.md).
         * @example {
         *       "at_ms": 1795385584343,
         *       "body": {
         *         "error": null,
         *         "streaming": false,
         *         "text": "The tests pass now."
         *       },
         *       "created_seq": 14,
         *       "kind": "message",
         *       "no": 2,
         *       "parent": null,
         *       "updated_seq": 23
         *     }
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
            kind: "user" | "message" | "thinking" | "tool" | "request" | "turn" | "task" | "notice" | "raw";
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
         * @example {
         *       "has_earlier": true,
         *       "items": [
         *         {
         *           "at_ms": 1795385584343,
         *           "body": {
         *             "error": null,
         *             "streaming": false,
         *             "text": "The tests pass now."
         *           },
         *           "created_seq": 14,
         *           "kind": "message",
         *           "no": 2,
         *           "parent": null,
         *           "updated_seq": 23
         *         }
         *       ],
         *       "position": 23
         *     }
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
         * @example {
         *       "code": "Gi5wj3VzaxaPKRt1JDU2dTZY914Sgqsc0Qnt2a_l84g"
         *     }
         */
        Link: {
            /** Code */
            code: string;
        };
        /**
         * Machine
         * @description What an agent says of its machine. `demo` marks an agent whose Claude answers from the scripted model.
         * @example {
         *       "arch": "x86_64",
         *       "claude_signed_in": true,
         *       "claude_version": "2.1.0",
         *       "cpus": 8,
         *       "default_directory": "/srv/projects",
         *       "demo": false,
         *       "directories": [
         *         "/srv/projects"
         *       ],
         *       "hostname": "workstation",
         *       "max_concurrent_sessions": 5,
         *       "memory_bytes": 33554432000,
         *       "os": "Linux 6.1",
         *       "permission_modes": [
         *         "default",
         *         "acceptEdits",
         *         "plan"
         *       ]
         *     }
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
         * @example {
         *       "role": "owner",
         *       "user_id": "usr_hs2whs2fl4hiyaq3ej65",
         *       "username": "ada"
         *     }
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
         * ModelSetting
         * @description Another model from the next turn on; `default` is the CLI's own choice.
         * @example {
         *       "setting": "model",
         *       "value": "haiku"
         *     }
         */
        ModelSetting: {
            /**
             * Setting
             * @constant
             */
            setting: "model";
            /** Value */
            value: string;
        };
        /**
         * NewApiToken
         * @description An API token as it is shown once.
         * @example {
         *       "created_ms": 1795385584343,
         *       "id": "tok_m4xq2n7dlk5vhr3ezt6c",
         *       "last_used_ms": null,
         *       "name": "laptop",
         *       "token": "clp_etnvwr3dbx_…_syrvnl"
         *     }
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
         * @example {
         *       "code": "Gi5wj3VzaxaPKRt1JDU2dTZY914Sgqsc0Qnt2a_l84g",
         *       "created_by": "ada",
         *       "created_ms": 1795385584343,
         *       "expires_ms": 1795990384343,
         *       "id": "inv_q5n2x7dlk4vhr3ezt6cm",
         *       "role": "operator",
         *       "url": "https://claudios.example.org/invitation#Gi5wj3VzaxaPKRt1JDU2dTZY914Sgqsc0Qnt2a_l84g"
         *     }
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
        /**
         * NewRole
         * @example {
         *       "role": "viewer"
         *     }
         */
        NewRole: {
            role: components["schemas"]["Role"];
        };
        /**
         * NewText
         * @description Another text for a prompt that waits. `instead_of` is the text one saw: a Conflict when it has changed since.
         * @example {
         *       "instead_of": "Add a test for that.",
         *       "text": "Add two tests for that."
         *     }
         */
        NewText: {
            /** Instead Of */
            instead_of?: string | null;
            /** Text */
            text: string;
        };
        /**
         * Nothing
         * @description An empty answer.
         */
        Nothing: Record<string, never>;
        /**
         * OfferedCommand
         * @description A slash command that Claude knows.
         * @example {
         *       "argument_hint": "[what to keep]",
         *       "description": "Sum up the conversation",
         *       "name": "compact"
         *     }
         */
        OfferedCommand: {
            /** Argument Hint */
            argument_hint: string;
            /** Description */
            description: string;
            /** Name */
            name: string;
        };
        /**
         * OfferedModel
         * @description A model that Claude can use: what to ask for, its full name, and the efforts it can make.
         * @example {
         *       "description": "Fastest for quick answers",
         *       "efforts": [
         *         "low",
         *         "medium",
         *         "high"
         *       ],
         *       "name": "Haiku",
         *       "resolved": "claude-haiku-5-5",
         *       "value": "haiku"
         *     }
         */
        OfferedModel: {
            /** Description */
            description: string;
            /** Efforts */
            efforts: string[];
            /** Name */
            name: string;
            /** Resolved */
            resolved: string;
            /** Value */
            value: string;
        };
        /**
         * Offers
         * @description What the Claude of a session said it can do, when it was started last.
         * @example {
         *       "commands": [
         *         {
         *           "argument_hint": "[what to keep]",
         *           "description": "Sum up the conversation",
         *           "name": "compact"
         *         }
         *       ],
         *       "models": [
         *         {
         *           "description": "Fastest for quick answers",
         *           "efforts": [
         *             "low",
         *             "medium",
         *             "high"
         *           ],
         *           "name": "Haiku",
         *           "resolved": "claude-haiku-5-5",
         *           "value": "haiku"
         *         }
         *       ]
         *     }
         */
        Offers: {
            /**
             * Commands
             * @default []
             */
            commands?: components["schemas"]["OfferedCommand"][];
            /**
             * Models
             * @default []
             */
            models?: components["schemas"]["OfferedModel"][];
        };
        /**
         * Order
         * @description The ids of all prompts that wait, in the order in which they are to be sent.
         * @example {
         *       "ids": [
         *         "b3a8e0e1-f9ab-4bfe-8c6b-3f6f0f6f2a11"
         *       ]
         *     }
         */
        Order: {
            /** Ids */
            ids: string[];
        };
        /**
         * PermissionMode
         * @description The CLI's permission modes that a session can start in.
         * @enum {string}
         */
        PermissionMode: "default" | "acceptEdits" | "plan" | "dontAsk" | "auto" | "bypassPermissions";
        /**
         * PermissionModeSetting
         * @description Another permission mode, at once.
         * @example {
         *       "setting": "permission_mode",
         *       "value": "acceptEdits"
         *     }
         */
        PermissionModeSetting: {
            /**
             * Setting
             * @constant
             */
            setting: "permission_mode";
            value: components["schemas"]["PermissionMode"];
        };
        /**
         * Project
         * @description A project as one of its members sees it.
         * @example {
         *       "agents": 2,
         *       "created_ms": 1795385584343,
         *       "id": "prj_2k2chh6bckqd467phlmx",
         *       "name": "Home",
         *       "role": "owner",
         *       "sessions": 14
         *     }
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
        /**
         * ProjectName
         * @example {
         *       "name": "Home"
         *     }
         */
        ProjectName: {
            /** Name */
            name: string;
        };
        /**
         * PromptToWait
         * @description A prompt. `id` makes it safe to send twice.
         * @example {
         *       "id": "b3a8e0e1-f9ab-4bfe-8c6b-3f6f0f6f2a11",
         *       "text": "Then write the changelog."
         *     }
         */
        PromptToWait: {
            /** Id */
            id: string;
            /** Text */
            text: string;
        };
        /**
         * Proven
         * @description The signature was right.
         * @example {
         *       "proven": true
         *     }
         */
        Proven: {
            /**
             * Proven
             * @default true
             */
            proven?: boolean;
        };
        /**
         * Queue
         * @description What waits in a session, the next one first. A higher `version` is newer.
         * @example {
         *       "prompts": [
         *         {
         *           "created_by": "ada",
         *           "created_ms": 1795385584343,
         *           "id": "b3a8e0e1-f9ab-4bfe-8c6b-3f6f0f6f2a11",
         *           "text": "Then write the changelog."
         *         }
         *       ],
         *       "session_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
         *       "version": 3
         *     }
         */
        Queue: {
            /** Prompts */
            prompts: components["schemas"]["WaitingPrompt"][];
            /** Session Id */
            session_id: string;
            /** Version */
            version: number;
        };
        /**
         * Register
         * @description A new account. `invitation` is the code of an invitation to a project.
         * @example {
         *       "invitation": "Gi5wj3VzaxaPKRt1JDU2dTZY914Sgqsc0Qnt2a_l84g",
         *       "password": "correct horse battery staple",
         *       "username": "ada"
         *     }
         */
        Register: {
            /** Invitation */
            invitation?: string | null;
            /** Password */
            password: string;
            /** Username */
            username: string;
        };
        /**
         * Removed
         * @description Output that the project did not keep: how much of it, when and why; `key` is the fingerprint of the server's key.
         *
         *     `kept` is what the project keeps: days where `cause` is `age`, bytes where it is `size`.
         * @example {
         *       "batches": 9,
         *       "bytes": 48213,
         *       "cause": "age",
         *       "frames": 23,
         *       "kept": 90,
         *       "key": "vj45bnnsbpuctpbg345kyldsnhu66z52",
         *       "removed_ms": 1803161584343
         *     }
         */
        Removed: {
            /** Batches */
            batches: number;
            /** Bytes */
            bytes: number;
            cause: components["schemas"]["Cause"];
            /** Frames */
            frames: number;
            /** Kept */
            kept: number;
            /** Key */
            key: string;
            /** Removed Ms */
            removed_ms: number;
        };
        /**
         * ReportedError
         * @description Something that went wrong on an agent's machine, `times` times between `first_ms` and `last_ms`.
         * @example {
         *       "code": "spool_damaged",
         *       "first_ms": 1795385584343,
         *       "last_ms": 1795385644343,
         *       "message": "A segment of the spool is damaged. What came before it is safe.",
         *       "session_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
         *       "times": 2
         *     }
         */
        ReportedError: {
            /** Code */
            code: string;
            /** First Ms */
            first_ms: number;
            /** Last Ms */
            last_ms: number;
            /** Message */
            message: string;
            /** Session Id */
            session_id: string | null;
            /** Times */
            times: number;
        };
        /**
         * Request
         * @description A permission request, question or plan as people see it. `suggestions` are lasting permissions, with a label.
         * @example {
         *       "agent_name": "workstation",
         *       "answer": null,
         *       "answered_by": null,
         *       "answered_ms": null,
         *       "created_ms": 1795385584343,
         *       "description": "Run the tests",
         *       "id": "4f5c2d9e-1c1b-4f0a-9f43-2f6f8d3b7c10",
         *       "input": {
         *         "command": "make test"
         *       },
         *       "kind": "permission",
         *       "session_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
         *       "session_title": "Make the tests pass",
         *       "state": "pending",
         *       "suggestions": [
         *         {
         *           "label": "Always allow make test in this session"
         *         }
         *       ],
         *       "title": "Run make test",
         *       "tool_name": "Bash"
         *     }
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
        /**
         * Resume
         * @description Who resumes a session once it is lost with its machine: a person, or the server.
         * @enum {string}
         */
        Resume: "manual" | "automatic";
        /**
         * ResumeRequest
         * @example {
         *       "prompt": "Where were we?"
         *     }
         */
        ResumeRequest: {
            /** Prompt */
            prompt?: string | null;
        };
        /**
         * Retention
         * @description What a project keeps, how much output it has, and what of that is due to be removed now.
         *
         *     Output of `unremovable` sessions was due and stays: their record does not hold, which their verification shows.
         * @example {
         *       "due": {
         *         "bytes": 20416002,
         *         "sessions": 3
         *       },
         *       "keep_bytes": 20000000000,
         *       "keep_days": 90,
         *       "stored": {
         *         "bytes": 1834200417,
         *         "sessions": 214
         *       },
         *       "unremovable": 0
         *     }
         */
        Retention: {
            due: components["schemas"]["Amount"];
            /** Keep Bytes */
            keep_bytes: number | null;
            /** Keep Days */
            keep_days: number | null;
            stored: components["schemas"]["Amount"];
            /** Unremovable */
            unremovable: number;
        };
        /**
         * RetentionRequest
         * @description For how many days after its end a session's output is kept, and how many bytes of it in all; null: no limit.
         * @example {
         *       "keep_bytes": 20000000000,
         *       "keep_days": 90
         *     }
         */
        RetentionRequest: {
            /** Keep Bytes */
            keep_bytes?: number | null;
            /** Keep Days */
            keep_days?: number | null;
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
         * @example {
         *       "overlap_seconds": 3600
         *     }
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
         * @example {
         *       "demo": false,
         *       "registration": "invitation",
         *       "signed_in": true,
         *       "version": "0.1.0"
         *     }
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
         *
         *     `log_bytes` of output are stored; at `removed_ms` they were removed, because the project keeps no more, which it
         *     does not where the session `is_kept`. `unremovable` says why that was not possible.
         * @example {
         *       "activity": "working",
         *       "agent_id": "agt_hjcplcqrsrogonzpaxx6",
         *       "agent_name": "workstation",
         *       "agent_online": true,
         *       "claude_session_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
         *       "cost_usd": 0.0123,
         *       "created_by": "ada",
         *       "created_ms": 1795385584343,
         *       "demo": false,
         *       "detail": null,
         *       "directory": "/srv/projects/claudios",
         *       "effort": null,
         *       "ended_ms": null,
         *       "epoch": 1,
         *       "exit_code": null,
         *       "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
         *       "input_tokens": 5120,
         *       "is_kept": false,
         *       "last_seq": 23,
         *       "last_text": "The tests pass now.",
         *       "log_bytes": 48213,
         *       "mode": "chat",
         *       "model": null,
         *       "output_tokens": 640,
         *       "pending_requests": 0,
         *       "permission_mode": "default",
         *       "project_id": "prj_2k2chh6bckqd467phlmx",
         *       "project_name": "Home",
         *       "reason": null,
         *       "removed_ms": null,
         *       "resume": "manual",
         *       "started_ms": 1795385585243,
         *       "state": "running",
         *       "title": "Make the tests pass",
         *       "unremovable": null,
         *       "updated_ms": 1795385592343
         *     }
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
            /** Effort */
            effort: string | null;
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
            /** Is Kept */
            is_kept: boolean;
            /** Last Seq */
            last_seq: number;
            /** Last Text */
            last_text: string | null;
            /** Log Bytes */
            log_bytes: number;
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
            /** Removed Ms */
            removed_ms: number | null;
            resume: components["schemas"]["Resume"];
            /** Started Ms */
            started_ms: number | null;
            state: components["schemas"]["SessionState"];
            /** Title */
            title: string;
            /** Unremovable */
            unremovable: string | null;
            /** Updated Ms */
            updated_ms: number;
        };
        /**
         * SessionChange
         * @description What is to be another one: the title, who resumes the session once it is lost, whether its output stays.
         * @example {
         *       "resume": "automatic",
         *       "title": "Make the tests pass"
         *     }
         */
        SessionChange: {
            /** Is Kept */
            is_kept?: boolean | null;
            resume?: components["schemas"]["Resume"] | null;
            /** Title */
            title?: string | null;
        };
        /**
         * SessionCount
         * @description How many of an agent's sessions run (or start), and how many wait for a place.
         * @example {
         *       "queued": 0,
         *       "running": 1
         *     }
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
         * @example {
         *       "agent_id": "agt_hjcplcqrsrogonzpaxx6",
         *       "directory": "/srv/projects/claudios",
         *       "permission_mode": "default",
         *       "prompt": "Make the tests pass."
         *     }
         */
        SessionRequest: {
            /** Agent Id */
            agent_id: string;
            /** Directory */
            directory?: string | null;
            /** Id */
            id?: string | null;
            /** Model */
            model?: string | null;
            /** @default default */
            permission_mode?: components["schemas"]["PermissionMode"];
            /** Prompt */
            prompt?: string | null;
            /** @default manual */
            resume?: components["schemas"]["Resume"];
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
        /**
         * SignIn
         * @example {
         *       "password": "correct horse battery staple",
         *       "username": "ada"
         *     }
         */
        SignIn: {
            /** Password */
            password: string;
            /** Username */
            username: string;
        };
        /**
         * StartedDeviceLogin
         * @description The secret that the program keeps, and the code that a person compares and approves on the page.
         * @example {
         *       "device_code": "Gi5wj3VzaxaPKRt1JDU2dTZY914Sgqsc0Qnt2a_l84g",
         *       "expires_ms": 1795386184343,
         *       "user_code": "BCDF-GHJK"
         *     }
         */
        StartedDeviceLogin: {
            /** Device Code */
            device_code: string;
            /** Expires Ms */
            expires_ms: number;
            /** User Code */
            user_code: string;
        };
        /**
         * TokenName
         * @example {
         *       "name": "laptop"
         *     }
         */
        TokenName: {
            /** Name */
            name: string;
        };
        /**
         * User
         * @description A person's account.
         * @example {
         *       "created_ms": 1795385584343,
         *       "has_password": true,
         *       "id": "usr_hs2whs2fl4hiyaq3ej65",
         *       "is_owner": true,
         *       "username": "ada"
         *     }
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
         *
         *     The machine's checkpoints reach up to frame `signed_seq`; `closing` says what they tell of the log's end, and
         *     `keys` are the fingerprints of the keys that signed them. Of output that was `removed`, and is not among `frames`, the
         *     server's tombstone holds and names the end that the machine has signed.
         * @example {
         *       "batches": 9,
         *       "checkpoints": 4,
         *       "closing": "closed",
         *       "first_bad_seq": null,
         *       "frames": 23,
         *       "head": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
         *       "keys": [
         *         "vj45bnnsbpuctpbg345kyldsnhu66z52"
         *       ],
         *       "problem": null,
         *       "removed": null,
         *       "signed_ms": 1795385592343,
         *       "signed_seq": 23,
         *       "verified": true
         *     }
         */
        Verification: {
            /** Batches */
            batches: number;
            /** Checkpoints */
            checkpoints: number;
            closing: components["schemas"]["Closing"];
            /** First Bad Seq */
            first_bad_seq: number | null;
            /** Frames */
            frames: number;
            /** Head */
            head: string;
            /** Keys */
            keys: string[];
            /** Problem */
            problem: string | null;
            removed: components["schemas"]["Removed"] | null;
            /** Signed Ms */
            signed_ms: number | null;
            /** Signed Seq */
            signed_seq: number;
            /** Verified */
            verified: boolean;
        };
        /**
         * WaitingPrompt
         * @description A prompt that waits, as people see it. Its id becomes that of the command that sends it.
         * @example {
         *       "created_by": "ada",
         *       "created_ms": 1795385584343,
         *       "id": "b3a8e0e1-f9ab-4bfe-8c6b-3f6f0f6f2a11",
         *       "text": "Then write the changelog."
         *     }
         */
        WaitingPrompt: {
            /** Created By */
            created_by: string | null;
            /** Created Ms */
            created_ms: number;
            /** Id */
            id: string;
            /** Text */
            text: string;
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
