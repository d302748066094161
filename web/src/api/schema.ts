// Written by `npm run types` from the server's API. Do not edit.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * AfterLimit
         * @description What is said by itself once a limit that stopped the session has reset; null: it waits for a person.
         * @example {
         *       "prompt": "Continue."
         *     }
         */
        AfterLimit: {
            /** Prompt */
            prompt: string | null;
        };
        /**
         * Against
         * @description What a diff is against: the newest commit, or where the branch began, if it did.
         * @enum {string}
         */
        Against: "head" | "base";
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
         *       "limits": {
         *         "at_ms": 1795385584343,
         *         "kind": "five_hour",
         *         "standing": "near",
         *         "uses_credits": false,
         *         "windows": [
         *           {
         *             "kind": "five_hour",
         *             "resets_ms": 1795389184343,
         *             "used": 0.91
         *           },
         *           {
         *             "kind": "seven_day",
         *             "resets_ms": 1795785584343,
         *             "used": 0.15
         *           }
         *         ]
         *       },
         *       "machine": {
         *         "answers": [
         *           "list_directory",
         *           "read_file",
         *           "write_file"
         *         ],
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
         *         "modes": [
         *           "chat",
         *           "terminal"
         *         ],
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
         *         "disk_bytes": 512110190592,
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
            limits: components["schemas"]["PlanLimits"] | null;
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
         *       "disk_bytes": 512110190592,
         *       "disk_free_bytes": 123456789012,
         *       "load": 0.42,
         *       "memory_used_bytes": 8123456789
         *     }
         */
        AgentStatus: {
            /** Agent Memory Bytes */
            agent_memory_bytes: number;
            /** Disk Bytes */
            disk_bytes?: number | null;
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
         *         "limits": {
         *           "at_ms": 1795385584343,
         *           "kind": "five_hour",
         *           "standing": "near",
         *           "uses_credits": false,
         *           "windows": [
         *             {
         *               "kind": "five_hour",
         *               "resets_ms": 1795389184343,
         *               "used": 0.91
         *             },
         *             {
         *               "kind": "seven_day",
         *               "resets_ms": 1795785584343,
         *               "used": 0.15
         *             }
         *           ]
         *         },
         *         "machine": {
         *           "answers": [
         *             "list_directory",
         *             "read_file",
         *             "write_file"
         *           ],
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
         *           "modes": [
         *             "chat",
         *             "terminal"
         *           ],
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
         *           "disk_bytes": 512110190592,
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
         * Amounts
         * @description What was used. Tokens read from and written to the cache are no part of `input_tokens`.
         * @example {
         *       "cache_read_tokens": 1204000,
         *       "cache_write_tokens": 84100,
         *       "cost_usd": 1.62,
         *       "duration_ms": 843000,
         *       "input_tokens": 4210,
         *       "output_tokens": 18430,
         *       "turns": 12
         *     }
         */
        Amounts: {
            /** Cache Read Tokens */
            cache_read_tokens: number;
            /** Cache Write Tokens */
            cache_write_tokens: number;
            /** Cost Usd */
            cost_usd: number;
            /** Duration Ms */
            duration_ms: number;
            /** Input Tokens */
            input_tokens: number;
            /** Output Tokens */
            output_tokens: number;
            /** Turns */
            turns: number;
        };
        /**
         * AnswerRequest
         * @description An answer. `suggestions` are indices of the request's own; `answers` maps a question's text to what is chosen.
         *
         *     `updated_input` is what the tool gets instead of what Claude asked for; a plan is carried out in `permission_mode`.
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
         * Budget
         * @description Money for a time: `until_ms` is when it is fresh again (a session's never is).
         * @example {
         *       "limit_usd": 10,
         *       "spent_usd": 8.4,
         *       "standing": "near",
         *       "until_ms": 1795415584343
         *     }
         */
        Budget: {
            /** Limit Usd */
            limit_usd: number;
            /** Spent Usd */
            spent_usd: number;
            standing: components["schemas"]["Standing"];
            /** Until Ms */
            until_ms: number | null;
        };
        /**
         * Budgets
         * @description What a project may use in a day and in a month of its time zone, and a session in all; null: no budget.
         * @example {
         *       "day": {
         *         "limit_usd": 10,
         *         "spent_usd": 8.4,
         *         "standing": "near",
         *         "until_ms": 1795415584343
         *       },
         *       "month": null,
         *       "session": null,
         *       "time_zone": "Europe/Zurich"
         *     }
         */
        Budgets: {
            day: components["schemas"]["Budget"] | null;
            month: components["schemas"]["Budget"] | null;
            session: components["schemas"]["Budget"] | null;
            /** Time Zone */
            time_zone: string;
        };
        /**
         * By
         * @description What usage is summed up by.
         * @enum {string}
         */
        By: "day" | "project" | "agent" | "model" | "person";
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
         * ChangedFile
         * @description One file that differs. `was` is its path before, `patch` its hunks, absent where there is nothing to show.
         *
         *     Lines are absent where they are not counted, as in a binary file. `is_cut`: there is more to the patch.
         * @example {
         *       "added": 1,
         *       "patch": "@@ -1 +1 @@\n-print('hello')\n+print('hello, world')",
         *       "path": "src/main.py",
         *       "removed": 1,
         *       "status": "modified"
         *     }
         */
        ChangedFile: {
            /** Added */
            added?: number | null;
            /**
             * Is Binary
             * @default false
             */
            is_binary?: boolean;
            /**
             * Is Cut
             * @default false
             */
            is_cut?: boolean;
            /** Patch */
            patch?: string | null;
            /** Path */
            path: string;
            /** Removed */
            removed?: number | null;
            status: components["schemas"]["FileChange"];
            /** Was */
            was?: string | null;
        };
        /**
         * ChangedPrompt
         * @description Another text; images stay. `instead_of` is the text one saw: a conflict when it has changed since.
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
         * Channel
         * @description A channel as its people see it. `problem` says why the newest notification did not arrive.
         * @example {
         *       "address": "https://ntfy.sh/claude-k3x9q2",
         *       "created_ms": 1795385584343,
         *       "id": "chn_5pkwz2lqn4ctv7ox3bme",
         *       "kind": "ntfy",
         *       "name": "claude-k3x9q2 on ntfy.sh",
         *       "problem": null
         *     }
         */
        Channel: {
            /** Address */
            address: string;
            /** Created Ms */
            created_ms: number;
            /** Id */
            id: string;
            kind: components["schemas"]["Way"];
            /** Name */
            name: string;
            /** Problem */
            problem?: string | null;
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
            /**
             * Images
             * @default []
             */
            images?: string[];
            /** Text */
            text: string;
        };
        /**
         * Conversation
         * @description A conversation on the machine's disk. `title` is its summary or first words, empty where nothing was said.
         *
         *     `size` is that of Claude's file, which holds more than what was said. `is_running`: a Claude has it open.
         * @example {
         *       "directory": "/home/ada/projects/engine",
         *       "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
         *       "is_running": false,
         *       "modified_ms": 1795299184343,
         *       "size": 182311,
         *       "title": "Why does the parser reject an empty table?"
         *     }
         */
        Conversation: {
            /** Directory */
            directory: string;
            /** Id */
            id: string;
            /**
             * Is Running
             * @default false
             */
            is_running?: boolean;
            /** Modified Ms */
            modified_ms: number;
            /** Size */
            size: number;
            /** Title */
            title: string;
        };
        /**
         * Cost
         * @description What one session cost since a time, in US dollars.
         * @example {
         *       "cost_usd": 0.0123,
         *       "session_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7"
         *     }
         */
        Cost: {
            /** Cost Usd */
            cost_usd: number;
            /** Session Id */
            session_id: string;
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
         * Directory
         * @description Directories first, then by name. `path` is absolute and without links; after these entries there may be `more`.
         *
         *     `is_cut` says that the directory has too many entries for all of them to be looked at.
         * @example {
         *       "entries": [
         *         {
         *           "is_link": false,
         *           "kind": "directory",
         *           "modified_ms": 1795385584343,
         *           "name": "claudios",
         *           "size": 4096
         *         }
         *       ],
         *       "is_cut": false,
         *       "more": false,
         *       "path": "/srv/projects"
         *     }
         */
        Directory: {
            /** Entries */
            entries: components["schemas"]["DirectoryEntry"][];
            /**
             * Is Cut
             * @default false
             */
            is_cut?: boolean;
            /** More */
            more: boolean;
            /** Path */
            path: string;
        };
        /**
         * DirectoryEntry
         * @description One entry of a directory. `kind` of a link is that of what it leads to, as far as the policy lets it be seen.
         * @example {
         *       "is_link": false,
         *       "kind": "directory",
         *       "modified_ms": 1795385584343,
         *       "name": "claudios",
         *       "size": 4096
         *     }
         */
        DirectoryEntry: {
            /**
             * Is Link
             * @default false
             */
            is_link?: boolean;
            kind: components["schemas"]["EntryKind"];
            /** Modified Ms */
            modified_ms: number;
            /** Name */
            name: string;
            /** Size */
            size: number;
        };
        /**
         * DueTimes
         * @description A cron expression in English, and when it is due next, in milliseconds; or the `problem` with it.
         * @example {
         *       "next_ms": [
         *         1795389184343,
         *         1795475584343
         *       ],
         *       "problem": null,
         *       "words": "At 07:30 on Monday through Friday"
         *     }
         */
        DueTimes: {
            /**
             * Next Ms
             * @default []
             */
            next_ms?: number[];
            /** Problem */
            problem?: string | null;
            /** Words */
            words?: string | null;
        };
        /**
         * Effort
         * @description How much Claude is to think.
         * @enum {string}
         */
        Effort: "low" | "medium" | "high" | "xhigh" | "max";
        /**
         * EffortSetting
         * @description Another effort from the next turn on.
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
            value: components["schemas"]["Effort"];
        };
        /**
         * EndReason
         * @description Why a session ended: by itself, on request, because it could not start or run, or with its machine.
         * @enum {string}
         */
        EndReason: "exited" | "terminated" | "failed" | "lost";
        /**
         * EntryKind
         * @description What stands in a directory; `other` is what cannot be opened: a device, a pipe, a link that leads nowhere.
         * @enum {string}
         */
        EntryKind: "file" | "directory" | "other";
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
         * FileChange
         * @description How a file differs. `retyped`: it became a link, or was one.
         * @enum {string}
         */
        FileChange: "added" | "modified" | "deleted" | "renamed" | "retyped" | "conflicted" | "untracked";
        /**
         * FileChunk
         * @description A piece of a file. `is_text` is judged by the file's beginning; `version` names the file, not what is in it.
         * @example {
         *       "content": "IyBQcm9qZWN0cwoK",
         *       "is_text": true,
         *       "modified_ms": 1795385584343,
         *       "offset": 0,
         *       "path": "/srv/projects/README.md",
         *       "size": 14,
         *       "version": "801.2a4"
         *     }
         */
        FileChunk: {
            /** Content */
            content: string;
            /** Is Text */
            is_text: boolean;
            /** Modified Ms */
            modified_ms: number;
            /** Offset */
            offset: number;
            /** Path */
            path: string;
            /** Size */
            size: number;
            /** Version */
            version: string;
        };
        /**
         * FilePiece
         * @description A piece of a file that is uploaded, in Base64. `upload` is made up by who uploads, and names all of its pieces.
         *
         *     A piece that is sent again changes nothing. With `is_last` the file is put in its place, all at once.
         * @example {
         *       "content": "aGk=",
         *       "is_last": true,
         *       "offset": 0,
         *       "path": "/srv/projects/notes.txt",
         *       "upload": "0f3c2a9be4d14c66a7d15e2f90b1c3d4"
         *     }
         */
        FilePiece: {
            /** Content */
            content: string;
            /**
             * Is Last
             * @default false
             */
            is_last?: boolean;
            /** Offset */
            offset: number;
            /**
             * Overwrite
             * @default false
             */
            overwrite?: boolean;
            /** Path */
            path: string;
            /** Upload */
            upload: string;
        };
        /**
         * ForkRequest
         * @description What the new session is to be called and to do first. `id` makes it safe to send twice.
         * @example {
         *       "prompt": "Try it with threads instead.",
         *       "title": "With threads"
         *     }
         */
        ForkRequest: {
            /** Id */
            id?: string | null;
            /** Prompt */
            prompt?: string | null;
            /**
             * Title
             * @default
             */
            title?: string;
        };
        /**
         * Form
         * @description What a transcript is written as.
         * @enum {string}
         */
        Form: "markdown" | "html" | "jsonl";
        /**
         * FoundPaths
         * @description Paths from the session's directory, directories with a slash at the end. `problem` says why there can be none.
         * @example {
         *       "is_cut": false,
         *       "paths": [
         *         "src/",
         *         "src/main.py"
         *       ],
         *       "problem": null
         *     }
         */
        FoundPaths: {
            /** Is Cut */
            is_cut: boolean;
            /** Paths */
            paths: string[];
            /** Problem */
            problem: string | null;
        };
        /**
         * GitDiff
         * @description The files that differ from the commit `base`, where `base_name` parted; the first of `total` are here.
         * @example {
         *       "base": "9fceb02d0ae598e95dc970b74767f19372d61af8",
         *       "base_name": "main",
         *       "files": [
         *         {
         *           "added": 1,
         *           "patch": "@@ -1 +1 @@\n-print('hello')\n+print('hello, world')",
         *           "path": "src/main.py",
         *           "removed": 1,
         *           "status": "modified"
         *         }
         *       ],
         *       "total": 1
         *     }
         */
        GitDiff: {
            /** Base */
            base?: string | null;
            /** Base Name */
            base_name?: string | null;
            /**
             * Files
             * @default []
             */
            files?: components["schemas"]["ChangedFile"][];
            /**
             * Is Cut
             * @default false
             */
            is_cut?: boolean;
            /**
             * Total
             * @default 0
             */
            total?: number;
        };
        /**
         * GitState
         * @description How it stands; where `is_repository` is false there is none, and `note` says why.
         *
         *     `branch` is absent for a detached head, `head` before the first commit, the counts of commits without an upstream.
         *     `changed` counts tracked files that differ from `head`, `conflicted` ones apart. `under_way` names what was begun
         *     and not finished, such as a merge. `is_cut`: there may be more files.
         * @example {
         *       "branch": "claudios/0d1f0a52",
         *       "changed": 1,
         *       "head": "9fceb02d0ae598e95dc970b74767f19372d61af8",
         *       "is_repository": true,
         *       "top": "/home/ada/.local/state/claudios/agent/k3q2m5x7/worktrees/claudios-0d1f0a52",
         *       "untracked": 1,
         *       "worktree": {
         *         "base": "main",
         *         "branch": "claudios/0d1f0a52",
         *         "directory": "/home/ada/.local/state/claudios/agent/k3q2m5x7/worktrees/claudios-0d1f0a52",
         *         "repository": "/srv/projects/claudios"
         *       }
         *     }
         */
        GitState: {
            /** Ahead */
            ahead?: number | null;
            /** Behind */
            behind?: number | null;
            /** Branch */
            branch?: string | null;
            /**
             * Changed
             * @default 0
             */
            changed?: number;
            /**
             * Conflicted
             * @default 0
             */
            conflicted?: number;
            /** Head */
            head?: string | null;
            /**
             * Is Cut
             * @default false
             */
            is_cut?: boolean;
            /** Is Repository */
            is_repository: boolean;
            /** Note */
            note?: string | null;
            /** Top */
            top?: string | null;
            /** Under Way */
            under_way?: string | null;
            /**
             * Untracked
             * @default 0
             */
            untracked?: number;
            /** Upstream */
            upstream?: string | null;
            worktree?: components["schemas"]["Worktree"] | null;
        };
        /**
         * GivenUp
         * @description How many sessions ended as lost with the machine that was given up.
         * @example {
         *       "sessions": 2
         *     }
         */
        GivenUp: {
            /** Sessions */
            sessions: number;
        };
        /**
         * Hit
         * @description An item that was found, and the stretch of it that shows why. Where `no` is 0 it is the session's title.
         * @example {
         *       "agent_id": "agt_hjcplcqrsrogonzpaxx6",
         *       "agent_name": "workstation",
         *       "at_ms": 1795385584343,
         *       "cost_usd": 0.0123,
         *       "excerpt": [
         *         {
         *           "is_hit": true,
         *           "text": "retry"
         *         },
         *         {
         *           "is_hit": false,
         *           "text": " with back-off"
         *         }
         *       ],
         *       "kind": "message",
         *       "no": 7,
         *       "project_id": "prj_2k2chh6bckqd467phlmx",
         *       "project_name": "Home",
         *       "session_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
         *       "session_title": "Make the tests pass",
         *       "state": "ended"
         *     }
         */
        Hit: {
            /** Agent Id */
            agent_id: string;
            /** Agent Name */
            agent_name: string;
            /** At Ms */
            at_ms: number;
            /** Cost Usd */
            cost_usd: number | null;
            /** Excerpt */
            excerpt: components["schemas"]["Piece"][];
            /** Kind */
            kind: string;
            /** No */
            no: number;
            /** Project Id */
            project_id: string;
            /** Project Name */
            project_name: string;
            /** Session Id */
            session_id: string;
            /** Session Title */
            session_title: string;
            state: components["schemas"]["SessionState"];
        };
        /**
         * ImportRequest
         * @description How Claude is to go on, and what it is to do first.
         * @example {
         *       "permission_mode": "default",
         *       "prompt": "Where were we?"
         *     }
         */
        ImportRequest: {
            /** Model */
            model?: string | null;
            /** @default default */
            permission_mode?: components["schemas"]["PermissionMode"];
            /** Prompt */
            prompt?: string | null;
            /**
             * Title
             * @default
             */
            title?: string;
        };
        /**
         * Instruction
         * @description An instruction as people see it. `input_id` is the uuid that Claude knows its prompt by, and its images.
         * @example {
         *       "code": null,
         *       "created_by": "ada",
         *       "created_ms": 1795385584343,
         *       "done_ms": 1795385584383,
         *       "id": "b3a8e0e1-f9ab-4bfe-8c6b-3f6f0f6f2a11",
         *       "images": 0,
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
            /** Images */
            images: number;
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
         * Kind
         * @description What is told: a session waits for a person, finished a turn, ended, failed, or says nothing while it works.
         * @enum {string}
         */
        Kind: "waits" | "finished" | "ended" | "failed" | "silent" | "test";
        /**
         * LimitStop
         * @description A limit that stopped a session's newest turn, by Claude's name for it, and when it resets.
         *
         *     At `goes_on_ms` the session goes on by itself; None: it waits for a person.
         * @example {
         *       "goes_on_ms": 1795389244343,
         *       "kind": "five_hour",
         *       "resets_ms": 1795389184343
         *     }
         */
        LimitStop: {
            /** Goes On Ms */
            goes_on_ms: number | null;
            /** Kind */
            kind: string | null;
            /** Resets Ms */
            resets_ms: number;
        };
        /**
         * LimitWindow
         * @description How much of one limit is used: `used` is a share of it, None where that is not told.
         * @example {
         *       "kind": "five_hour",
         *       "resets_ms": 1795389184343,
         *       "used": 0.91
         *     }
         */
        LimitWindow: {
            /** Kind */
            kind: string;
            /** Resets Ms */
            resets_ms: number | null;
            /** Used */
            used: number | null;
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
         * LinkUse
         * @description The secret of a link, from a notification.
         * @example {
         *       "secret": "Gi5wj3VzaxaPKRt1JDU2dTZY914Sgqsc0Qnt2a_l84g"
         *     }
         */
        LinkUse: {
            /** Secret */
            secret: string;
        };
        /**
         * ListedConversations
         * @description Newest first, without those that sessions have gone on with. The next page is after `next_skip`, if there is one.
         *
         *     `is_cut`: the machine has so many that the oldest were not looked at.
         * @example {
         *       "conversations": [
         *         {
         *           "directory": "/home/ada/projects/engine",
         *           "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
         *           "is_running": false,
         *           "modified_ms": 1795299184343,
         *           "size": 182311,
         *           "title": "Why does the parser reject an empty table?"
         *         }
         *       ],
         *       "is_cut": false,
         *       "next_skip": null
         *     }
         */
        ListedConversations: {
            /** Conversations */
            conversations: components["schemas"]["Conversation"][];
            /** Is Cut */
            is_cut: boolean;
            /** Next Skip */
            next_skip: number | null;
        };
        /**
         * ListedWorktree
         * @description A worktree and how it stands; `problem` says why that is not known. `ahead` counts commits its base lacks.
         * @example {
         *       "ahead": 2,
         *       "changed": 1,
         *       "session_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
         *       "untracked": 0,
         *       "worktree": {
         *         "base": "main",
         *         "branch": "claudios/0d1f0a52",
         *         "directory": "/home/ada/.local/state/claudios/agent/k3q2m5x7/worktrees/claudios-0d1f0a52",
         *         "repository": "/srv/projects/claudios"
         *       }
         *     }
         */
        ListedWorktree: {
            /**
             * Ahead
             * @default 0
             */
            ahead?: number;
            /**
             * Changed
             * @default 0
             */
            changed?: number;
            /** Problem */
            problem?: string | null;
            /** Session Id */
            session_id: string;
            /**
             * Untracked
             * @default 0
             */
            untracked?: number;
            worktree: components["schemas"]["Worktree"];
        };
        /**
         * ListedWorktrees
         * @description The worktrees of sessions on a machine.
         * @example {
         *       "worktrees": [
         *         {
         *           "ahead": 2,
         *           "changed": 1,
         *           "session_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
         *           "untracked": 0,
         *           "worktree": {
         *             "base": "main",
         *             "branch": "claudios/0d1f0a52",
         *             "directory": "/home/ada/.local/state/claudios/agent/k3q2m5x7/worktrees/claudios-0d1f0a52",
         *             "repository": "/srv/projects/claudios"
         *           }
         *         }
         *       ]
         *     }
         */
        ListedWorktrees: {
            /**
             * Worktrees
             * @default []
             */
            worktrees?: components["schemas"]["ListedWorktree"][];
        };
        /**
         * Login
         * @description A browser somebody is signed in with. `device` is how it describes itself; `is_this` is the one that asks.
         * @example {
         *       "address": "203.0.113.9",
         *       "created_ms": 1795385584343,
         *       "device": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
         *       "id": "lgn_5f0c2a8e9b7d4c1f8a3e6d2b9c0f1a7e",
         *       "is_this": true,
         *       "used_ms": 1795385644343
         *     }
         */
        Login: {
            /** Address */
            address: string | null;
            /** Created Ms */
            created_ms: number;
            /** Device */
            device: string | null;
            /** Id */
            id: string;
            /** Is This */
            is_this: boolean;
            /** Used Ms */
            used_ms: number;
        };
        /**
         * Machine
         * @description What an agent says of its machine. `demo` marks an agent whose Claude answers from the scripted model.
         *
         *     `modes` are those in which sessions may run there: agents that do not say so know chat only.
         *     `answers` names the kinds of question (protocol.asking) that the agent answers; those of before answer none.
         * @example {
         *       "answers": [
         *         "list_directory",
         *         "read_file",
         *         "write_file"
         *       ],
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
         *       "modes": [
         *         "chat",
         *         "terminal"
         *       ],
         *       "os": "Linux 6.1",
         *       "permission_modes": [
         *         "default",
         *         "acceptEdits",
         *         "plan"
         *       ]
         *     }
         */
        Machine: {
            /**
             * Answers
             * @default []
             */
            answers?: string[];
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
            /**
             * Modes
             * @default [
             *       "chat"
             *     ]
             */
            modes?: components["schemas"]["Mode"][];
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
         * MergedWorktree
         * @description How the branch was merged; `base` is at `commit` now.
         * @example {
         *       "base": "main",
         *       "commit": "9fceb02d0ae598e95dc970b74767f19372d61af8",
         *       "how": "fast_forward"
         *     }
         */
        MergedWorktree: {
            /** Base */
            base: string;
            /** Commit */
            commit: string;
            how: components["schemas"]["MergeKind"];
        };
        /**
         * MergeKind
         * @description How a branch was merged.
         * @enum {string}
         */
        MergeKind: "nothing_new" | "fast_forward" | "merge_commit";
        /**
         * Missed
         * @description What becomes of runs that were due while no server was there: nothing, or one run for all of them.
         * @enum {string}
         */
        Missed: "skip" | "once";
        /**
         * Mode
         * @description How Claude runs: `chat` is structured JSON lines, `terminal` its full screen. The SDK's mode joins them later.
         * @enum {string}
         */
        Mode: "chat" | "terminal";
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
         * NewShare
         * @description A link as it is shown once; the code stands in the URL's fragment, which browsers send to nobody.
         * @example {
         *       "code": "Gi5wj3VzaxaPKRt1JDU2dTZY914Sgqsc0Qnt2a_l84g",
         *       "created_by": "ada",
         *       "created_ms": 1795385584343,
         *       "expires_ms": 1795990384343,
         *       "id": "shr_5pkwz2lqn4ctv7ox3bme",
         *       "url": "https://claudios.example.org/shared#Gi5wj3VzaxaPKRt1JDU2dTZY914Sgqsc0Qnt2a_l84g"
         *     }
         */
        NewShare: {
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
            /** Url */
            url: string;
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
         * NewWebhook
         * @description A webhook as it is shown once: with the secret that signs.
         * @example {
         *       "address": "https://ci.example.org/claudios",
         *       "created_ms": 1795385584343,
         *       "id": "chn_5pkwz2lqn4ctv7ox3bme",
         *       "kind": "webhook",
         *       "name": "ci",
         *       "problem": null,
         *       "secret": "whsec_lXUaKlz2fM1qZ9Yf3c0cX1vQd5yJm0n8sS2t4r6u7w8="
         *     }
         */
        NewWebhook: {
            /** Address */
            address: string;
            /** Created Ms */
            created_ms: number;
            /** Id */
            id: string;
            kind: components["schemas"]["Way"];
            /** Name */
            name: string;
            /** Problem */
            problem?: string | null;
            /** Secret */
            secret: string;
        };
        /**
         * Nothing
         * @description An empty answer.
         */
        Nothing: Record<string, never>;
        /**
         * Notification
         * @description A notification as its people see it afterwards. `status` is what the other side answered last.
         * @example {
         *       "attempts": 1,
         *       "channel_id": "chn_5pkwz2lqn4ctv7ox3bme",
         *       "channel_name": "claude-k3x9q2 on ntfy.sh",
         *       "created_ms": 1795385584343,
         *       "done_ms": 1795385594543,
         *       "due_ms": 1795385594343,
         *       "id": "ntf_w4qcz7lpn2ktv5ox3bme",
         *       "kind": "waits",
         *       "problem": null,
         *       "session_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
         *       "state": "sent",
         *       "status": 200,
         *       "text": "Bash:\nrm -r build",
         *       "title": "Tidy up"
         *     }
         */
        Notification: {
            /** Attempts */
            attempts: number;
            /** Channel Id */
            channel_id: string;
            /** Channel Name */
            channel_name: string;
            /** Created Ms */
            created_ms: number;
            /** Done Ms */
            done_ms: number | null;
            /** Due Ms */
            due_ms: number;
            /** Id */
            id: string;
            kind: components["schemas"]["Kind"];
            /** Problem */
            problem: string | null;
            /** Session Id */
            session_id: string | null;
            state: components["schemas"]["State"];
            /** Status */
            status: number | null;
            /** Text */
            text: string;
            /** Title */
            title: string;
        };
        /**
         * NotificationChoices
         * @description What to be told, and when not. `quiet_from` and `quiet_until` are minutes of the day in `time_zone`.
         * @example {
         *       "delay_seconds": 10,
         *       "ended": true,
         *       "failed": true,
         *       "finished": true,
         *       "muted_projects": [],
         *       "only_mine": false,
         *       "quiet_from": 1320,
         *       "quiet_until": 420,
         *       "silent": false,
         *       "silent_minutes": 15,
         *       "time_zone": "Europe/Berlin",
         *       "waits": true
         *     }
         */
        NotificationChoices: {
            /** Delay Seconds */
            delay_seconds: number;
            /** Ended */
            ended: boolean;
            /** Failed */
            failed: boolean;
            /** Finished */
            finished: boolean;
            /** Muted Projects */
            muted_projects: string[];
            /** Only Mine */
            only_mine: boolean;
            /** Quiet From */
            quiet_from: number | null;
            /** Quiet Until */
            quiet_until: number | null;
            /** Silent */
            silent: boolean;
            /** Silent Minutes */
            silent_minutes: number;
            /** Time Zone */
            time_zone: string;
            /** Waits */
            waits: boolean;
        };
        /**
         * NotificationSettings
         * @description What a person wants to be told: of which kinds, after how long, and not from one minute of the day until another.
         *
         *     `only_mine` leaves out sessions that others began; `muted_projects` are not told of at all. A session is silent when
         *     it has worked for `silent_minutes` without a word.
         * @example {
         *       "delay_seconds": 10,
         *       "ended": true,
         *       "failed": true,
         *       "finished": true,
         *       "muted_projects": [],
         *       "only_mine": false,
         *       "quiet_from": 1320,
         *       "quiet_until": 420,
         *       "silent": false,
         *       "silent_minutes": 15,
         *       "time_zone": "Europe/Berlin",
         *       "waits": true
         *     }
         */
        NotificationSettings: {
            /**
             * Delay Seconds
             * @default 10
             */
            delay_seconds?: number;
            /**
             * Ended
             * @default true
             */
            ended?: boolean;
            /**
             * Failed
             * @default true
             */
            failed?: boolean;
            /**
             * Finished
             * @default true
             */
            finished?: boolean;
            /**
             * Muted Projects
             * @default []
             */
            muted_projects?: string[];
            /**
             * Only Mine
             * @default false
             */
            only_mine?: boolean;
            /** Quiet From */
            quiet_from?: number | null;
            /** Quiet Until */
            quiet_until?: number | null;
            /**
             * Silent
             * @default false
             */
            silent?: boolean;
            /**
             * Silent Minutes
             * @default 15
             */
            silent_minutes?: number;
            /**
             * Time Zone
             * @default UTC
             */
            time_zone?: string;
            /**
             * Waits
             * @default true
             */
            waits?: boolean;
        };
        /**
         * NtfyRequest
         * @description A topic of an ntfy server, such as https://ntfy.sh/claude-k3x9, and a token where the server asks for one.
         * @example {
         *       "address": "https://ntfy.sh/claude-k3x9q2"
         *     }
         */
        NtfyRequest: {
            /** Address */
            address: string;
            /** Token */
            token?: string | null;
        };
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
         * Piece
         * @description A piece of an excerpt; `is_hit` where it is what was looked for.
         * @example {
         *       "is_hit": true,
         *       "text": "retry"
         *     }
         */
        Piece: {
            /** Is Hit */
            is_hit: boolean;
            /** Text */
            text: string;
        };
        /**
         * PlanLimits
         * @description How an account's limits stood at `at_ms`, by this server's clock.
         *
         *     `kind` is the limit that binds first, by Claude's name for it, such as `five_hour` or `seven_day`. With
         *     `uses_credits` Claude goes on beyond it, for money.
         * @example {
         *       "at_ms": 1795385584343,
         *       "kind": "five_hour",
         *       "standing": "near",
         *       "uses_credits": false,
         *       "windows": [
         *         {
         *           "kind": "five_hour",
         *           "resets_ms": 1795389184343,
         *           "used": 0.91
         *         },
         *         {
         *           "kind": "seven_day",
         *           "resets_ms": 1795785584343,
         *           "used": 0.15
         *         }
         *       ]
         *     }
         */
        PlanLimits: {
            /** At Ms */
            at_ms: number;
            /** Kind */
            kind: string | null;
            /**
             * Standing
             * @enum {string}
             */
            standing: "free" | "near" | "reached";
            /** Uses Credits */
            uses_credits: boolean;
            /** Windows */
            windows: components["schemas"]["LimitWindow"][];
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
         * ProjectBudgets
         * @description What a project may use in a day and in a month, as these are in `time_zone`; null: no budget.
         * @example {
         *       "day_usd": 10,
         *       "month_usd": null,
         *       "time_zone": "Europe/Zurich"
         *     }
         */
        ProjectBudgets: {
            /** Day Usd */
            day_usd?: number | null;
            /** Month Usd */
            month_usd?: number | null;
            /**
             * Time Zone
             * @default UTC
             */
            time_zone?: string;
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
            /**
             * Images
             * @default []
             */
            images?: string[];
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
         * PushKey
         * @description The public key that browsers subscribe with.
         * @example {
         *       "key": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
         *     }
         */
        PushKey: {
            /** Key */
            key: string;
        };
        /**
         * PushRequest
         * @description A browser's push subscription, as `PushSubscription.toJSON()` has it, and what the browser is called.
         * @example {
         *       "auth": "BTBZMqHH6r4Tts7J_aSIgg",
         *       "endpoint": "https://updates.push.example.org/wpush/v2/gAAAAA",
         *       "name": "Firefox on Linux",
         *       "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
         *     }
         */
        PushRequest: {
            /** Auth */
            auth: string;
            /** Endpoint */
            endpoint: string;
            /** Name */
            name: string;
            /** P256Dh */
            p256dh: string;
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
         *           "images": 0,
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
         * RecentDirectory
         * @description A directory of an agent's machine, and when a session was started in it last.
         * @example {
         *       "directory": "/srv/projects/claudios",
         *       "used_ms": 1795385584343
         *     }
         */
        RecentDirectory: {
            /** Directory */
            directory: string;
            /** Used Ms */
            used_ms: number;
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
         * RemovedWorktree
         * @description It is gone; or it is not, and `loss` would have to be confirmed.
         * @example {
         *       "is_removed": false,
         *       "loss": {
         *         "commit_count": 1,
         *         "commits": [
         *           "9fceb02 Make the tests pass"
         *         ],
         *         "digest": "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
         *         "file_count": 1,
         *         "files": [
         *           "src/main.py"
         *         ]
         *       }
         *     }
         */
        RemovedWorktree: {
            /** Is Removed */
            is_removed: boolean;
            loss?: components["schemas"]["WorktreeLoss"] | null;
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
         *
         *     `reason` says why Claude may not do it unasked, `blocked_path` which path that is about, `subagent` what the
         *     subagent that asks was told to do, `mcp_server` whose tool it is.
         * @example {
         *       "agent_name": "workstation",
         *       "answer": null,
         *       "answered_by": null,
         *       "answered_ms": null,
         *       "blocked_path": "/home/ada/project/build",
         *       "created_ms": 1795385584343,
         *       "description": "Run the tests",
         *       "id": "4f5c2d9e-1c1b-4f0a-9f43-2f6f8d3b7c10",
         *       "input": {
         *         "command": "make test"
         *       },
         *       "kind": "permission",
         *       "mcp_server": null,
         *       "reason": "This command is not among those that are allowed",
         *       "session_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
         *       "session_title": "Make the tests pass",
         *       "state": "pending",
         *       "subagent": null,
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
            /** Blocked Path */
            blocked_path: string | null;
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
            /** Mcp Server */
            mcp_server: string | null;
            /** Reason */
            reason: string | null;
            /** Session Id */
            session_id: string;
            /** Session Title */
            session_title: string;
            state: components["schemas"]["RequestState"];
            /** Subagent */
            subagent: string | null;
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
         * Results
         * @description Hits in order; `next` asks for those after them, null where there are none.
         *
         *     Where `is_cut` older matches were not compared. So many sessions are still `unread`, and not found at all.
         * @example {
         *       "hits": [
         *         {
         *           "agent_id": "agt_hjcplcqrsrogonzpaxx6",
         *           "agent_name": "workstation",
         *           "at_ms": 1795385584343,
         *           "cost_usd": 0.0123,
         *           "excerpt": [
         *             {
         *               "is_hit": true,
         *               "text": "retry"
         *             },
         *             {
         *               "is_hit": false,
         *               "text": " with back-off"
         *             }
         *           ],
         *           "kind": "message",
         *           "no": 7,
         *           "project_id": "prj_2k2chh6bckqd467phlmx",
         *           "project_name": "Home",
         *           "session_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
         *           "session_title": "Make the tests pass",
         *           "state": "ended"
         *         }
         *       ],
         *       "is_cut": false,
         *       "next": null,
         *       "unread": 0
         *     }
         */
        Results: {
            /** Hits */
            hits: components["schemas"]["Hit"][];
            /** Is Cut */
            is_cut: boolean;
            /** Next */
            next: string | null;
            /** Unread */
            unread: number;
        };
        /**
         * Resume
         * @description Who resumes a session once it is lost with its machine: a person, or the server.
         * @enum {string}
         */
        Resume: "manual" | "automatic";
        /**
         * ResumeRequest
         * @description What Claude is to do first. `mode` is another one, if it is to change; `size` is a terminal's; `id` makes it
         *     safe to send twice.
         * @example {
         *       "prompt": "Where were we?"
         *     }
         */
        ResumeRequest: {
            /** Id */
            id?: string | null;
            /**
             * Images
             * @default []
             */
            images?: string[];
            mode?: components["schemas"]["Mode"] | null;
            /** Prompt */
            prompt?: string | null;
            size?: components["schemas"]["TerminalSize"] | null;
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
         * Run
         * @description One run: when it was due (null: by hand, of `started_by`), when it was decided on, and what became of it.
         *
         *     `missed` further times were due before `at_ms` and are settled with it. The session is null once it is deleted.
         * @example {
         *       "at_ms": 1795385584743,
         *       "due_ms": 1795385584343,
         *       "missed": 0,
         *       "no": 12,
         *       "outcome": "started",
         *       "problem": null,
         *       "session_detail": null,
         *       "session_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
         *       "session_reason": null,
         *       "session_state": "running",
         *       "session_title": "Morning review",
         *       "started_by": null
         *     }
         */
        Run: {
            /** At Ms */
            at_ms: number;
            /** Due Ms */
            due_ms: number | null;
            /** Missed */
            missed: number;
            /** No */
            no: number;
            outcome: components["schemas"]["RunOutcome"];
            /** Problem */
            problem: string | null;
            /** Session Detail */
            session_detail: string | null;
            /** Session Id */
            session_id: string | null;
            session_reason: components["schemas"]["EndReason"] | null;
            session_state: components["schemas"]["SessionState"] | null;
            /** Session Title */
            session_title: string | null;
            /** Started By */
            started_by: string | null;
        };
        /**
         * RunOutcome
         * @description What became of a run: a session was started, it was missed and skipped, or the start was refused.
         * @enum {string}
         */
        RunOutcome: "started" | "skipped" | "refused";
        /**
         * RunRequest
         * @description `id` becomes the session's, and makes it safe to send twice; without one the server chooses.
         * @example {
         *       "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7"
         *     }
         */
        RunRequest: {
            /** Id */
            id?: string | null;
        };
        /**
         * Schedule
         * @description A schedule as people see it; `words` are its expression in English. It starts sessions in the name of `runs_as`.
         *
         *     `next_ms` is null while it is paused; `stopped` says why it was paused by itself. A start waits `wait_minutes` for
         *     its agent. A session that `ends_when_done` ends once Claude is through with the prompt and nobody has gone on.
         * @example {
         *       "agent_id": "agt_hjcplcqrsrogonzpaxx6",
         *       "agent_name": "workstation",
         *       "created_ms": 1795385584343,
         *       "directory": "/srv/projects/claudios",
         *       "ends_when_done": true,
         *       "expression": "30 7 * * MON-FRI",
         *       "id": "sch_5pkwz2lqn4ctv7ox3bme",
         *       "missed": "skip",
         *       "model": null,
         *       "name": "Morning review",
         *       "next_ms": 1795389184343,
         *       "permission_mode": "plan",
         *       "project_id": "prj_2k2chh6bckqd467phlmx",
         *       "prompt": "Look at what changed since yesterday, and say what needs a person.",
         *       "runs_as": "ada",
         *       "stopped": null,
         *       "time_zone": "Europe/Zurich",
         *       "wait_minutes": 60,
         *       "words": "At 07:30 on Monday through Friday"
         *     }
         */
        Schedule: {
            /** Agent Id */
            agent_id: string;
            /** Agent Name */
            agent_name: string;
            /** Created Ms */
            created_ms: number;
            /** Directory */
            directory: string | null;
            /** Ends When Done */
            ends_when_done: boolean;
            /** Expression */
            expression: string;
            /** Id */
            id: string;
            missed: components["schemas"]["Missed"];
            /** Model */
            model: string | null;
            /** Name */
            name: string;
            /** Next Ms */
            next_ms: number | null;
            permission_mode: components["schemas"]["PermissionMode"];
            /** Project Id */
            project_id: string;
            /** Prompt */
            prompt: string;
            /** Runs As */
            runs_as: string | null;
            /** Stopped */
            stopped: string | null;
            /** Time Zone */
            time_zone: string;
            /** Wait Minutes */
            wait_minutes: number;
            /** Words */
            words: string;
        };
        /**
         * SchedulePlan
         * @description What is started, where and when.
         *
         *     Runs that were due while no server was there are `missed`: skipped, or made up for by one. A start waits
         *     `wait_minutes` for its agent. With `ends_when_done` the session ends once Claude is through with the prompt and
         *     nobody has gone on with it.
         * @example {
         *       "agent_id": "agt_hjcplcqrsrogonzpaxx6",
         *       "directory": "/srv/projects/claudios",
         *       "ends_when_done": true,
         *       "expression": "30 7 * * MON-FRI",
         *       "missed": "skip",
         *       "model": null,
         *       "name": "Morning review",
         *       "permission_mode": "plan",
         *       "prompt": "Look at what changed since yesterday, and say what needs a person.",
         *       "time_zone": "Europe/Zurich",
         *       "wait_minutes": 60
         *     }
         */
        SchedulePlan: {
            /** Agent Id */
            agent_id: string;
            /** Directory */
            directory?: string | null;
            /**
             * Ends When Done
             * @default true
             */
            ends_when_done?: boolean;
            /** Expression */
            expression: string;
            /** @default skip */
            missed?: components["schemas"]["Missed"];
            /** Model */
            model?: string | null;
            /** Name */
            name: string;
            /** @default default */
            permission_mode?: components["schemas"]["PermissionMode"];
            /** Prompt */
            prompt: string;
            /** Time Zone */
            time_zone: string;
            /**
             * Wait Minutes
             * @default 60
             */
            wait_minutes?: number;
        };
        /**
         * SearchOrder
         * @description What comes first: what fits best, of the newest matches, or what is newest.
         * @enum {string}
         */
        SearchOrder: "best" | "newest";
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
         *     does not where the session `is_kept`. `unremovable` says why that was not possible. An ended one may be archived,
         *     at `archived_ms`: lists leave it out unless they are asked for it, and nothing else changes. It began with the
         *     conversation of the session `forked_from`, whose title is `forked_title` until it is deleted, or with one that was
         *     held outside of ClaudiOS, which Claude on its machine keeps under the id `imported_from`. The schedule
         *     `schedule_id` started it, whose name is `schedule_name` until that is removed. Since `since_ms` its `state` and
         *     `activity` are what they are. A limit of the account has stopped its newest turn (`stopped_by`); with
         *     `limit_prompt` it goes on by itself once that has reset. Where it asked for a git worktree it has a
         *     `worktree`, and its `directory` is that one's once it is made.
         * @example {
         *       "activity": "working",
         *       "agent_id": "agt_hjcplcqrsrogonzpaxx6",
         *       "agent_name": "workstation",
         *       "agent_online": true,
         *       "archived_ms": null,
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
         *       "forked_from": null,
         *       "forked_title": null,
         *       "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
         *       "imported_from": null,
         *       "input_tokens": 5120,
         *       "is_kept": false,
         *       "last_seq": 23,
         *       "last_text": "The tests pass now.",
         *       "limit_prompt": "Continue.",
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
         *       "schedule_id": null,
         *       "schedule_name": null,
         *       "since_ms": 1795385592343,
         *       "started_ms": 1795385585243,
         *       "state": "running",
         *       "stopped_by": null,
         *       "title": "Make the tests pass",
         *       "unremovable": null,
         *       "updated_ms": 1795385592343,
         *       "worktree": {
         *         "base": "main",
         *         "branch": "claudios/0d1f0a52",
         *         "removed_ms": null,
         *         "repository": "/srv/projects/claudios"
         *       }
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
            /** Archived Ms */
            archived_ms: number | null;
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
            /** Forked From */
            forked_from: string | null;
            /** Forked Title */
            forked_title: string | null;
            /** Id */
            id: string;
            /** Imported From */
            imported_from: string | null;
            /** Input Tokens */
            input_tokens: number;
            /** Is Kept */
            is_kept: boolean;
            /** Last Seq */
            last_seq: number;
            /** Last Text */
            last_text: string | null;
            /** Limit Prompt */
            limit_prompt: string | null;
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
            /** Schedule Id */
            schedule_id: string | null;
            /** Schedule Name */
            schedule_name: string | null;
            /** Since Ms */
            since_ms: number;
            /** Started Ms */
            started_ms: number | null;
            state: components["schemas"]["SessionState"];
            stopped_by: components["schemas"]["LimitStop"] | null;
            /** Title */
            title: string;
            /** Unremovable */
            unremovable: string | null;
            /** Updated Ms */
            updated_ms: number;
            worktree?: components["schemas"]["SessionWorktree"] | null;
        };
        /**
         * SessionBudget
         * @description What a session may use in all; null: no budget of its own.
         * @example {
         *       "usd": 2.5
         *     }
         */
        SessionBudget: {
            /** Usd */
            usd: number | null;
        };
        /**
         * SessionChange
         * @description What is to be another one: the title, who resumes the session once it is lost, whether its output stays, and
         *     whether it is archived, which only an ended one can be.
         * @example {
         *       "resume": "automatic",
         *       "title": "Make the tests pass"
         *     }
         */
        SessionChange: {
            /** Is Archived */
            is_archived?: boolean | null;
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
         * @description What to start. `id` makes it safe to send twice; without one the server chooses. `size` is a terminal's.
         *
         *     `limit_prompt` is said by itself once a usage limit that stopped the session has reset.
         *     With `worktree` Claude works in a git worktree that is made for it, on a branch of its own, of the repository in
         *     which the directory is.
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
            effort?: components["schemas"]["Effort"] | null;
            /** Id */
            id?: string | null;
            /**
             * Images
             * @default []
             */
            images?: string[];
            /** Limit Prompt */
            limit_prompt?: string | null;
            /** @default chat */
            mode?: components["schemas"]["Mode"];
            /** Model */
            model?: string | null;
            /** @default default */
            permission_mode?: components["schemas"]["PermissionMode"];
            /** Prompt */
            prompt?: string | null;
            /** @default manual */
            resume?: components["schemas"]["Resume"];
            size?: components["schemas"]["TerminalSize"] | null;
            /**
             * Title
             * @default
             */
            title?: string;
            /**
             * Worktree
             * @default false
             */
            worktree?: boolean;
        };
        /**
         * SessionState
         * @description The life of a session: queued → starting → running → ended.
         * @enum {string}
         */
        SessionState: "queued" | "starting" | "running" | "ended";
        /**
         * SessionWorktree
         * @description A session's git worktree: on `branch`, made from the branch `base` of `repository`. Before that, all are null.
         *
         *     `base` is null also where no branch was checked out. At `removed_ms` it was removed.
         * @example {
         *       "base": "main",
         *       "branch": "claudios/0d1f0a52",
         *       "removed_ms": null,
         *       "repository": "/srv/projects/claudios"
         *     }
         */
        SessionWorktree: {
            /** Base */
            base?: string | null;
            /** Branch */
            branch?: string | null;
            /** Removed Ms */
            removed_ms?: number | null;
            /** Repository */
            repository?: string | null;
        };
        /**
         * Share
         * @description A link that works until `expires_ms`, while who made it owns the project.
         * @example {
         *       "created_by": "ada",
         *       "created_ms": 1795385584343,
         *       "expires_ms": 1795990384343,
         *       "id": "shr_5pkwz2lqn4ctv7ox3bme"
         *     }
         */
        Share: {
            /** Created By */
            created_by: string;
            /** Created Ms */
            created_ms: number;
            /** Expires Ms */
            expires_ms: number;
            /** Id */
            id: string;
        };
        /**
         * Shared
         * @description A piece of a shared transcript, from its beginning on, without its images; `has_more` asks for the next.
         * @example {
         *       "created_ms": 1795385584343,
         *       "expires_ms": 1795990384343,
         *       "has_more": false,
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
         *       "mode": "chat",
         *       "model": "claude-opus-4-5",
         *       "state": "ended",
         *       "title": "Make the tests pass"
         *     }
         */
        Shared: {
            /** Created Ms */
            created_ms: number;
            /** Expires Ms */
            expires_ms: number;
            /** Has More */
            has_more: boolean;
            /** Items */
            items: components["schemas"]["Item"][];
            mode: components["schemas"]["Mode"];
            /** Model */
            model: string | null;
            state: components["schemas"]["SessionState"];
            /** Title */
            title: string;
        };
        /**
         * SharedRequest
         * @description A link's code, and the item after which to go on.
         * @example {
         *       "after": 0,
         *       "code": "Gi5wj3VzaxaPKRt1JDU2dTZY914Sgqsc0Qnt2a_l84g"
         *     }
         */
        SharedRequest: {
            /**
             * After
             * @default 0
             */
            after?: number;
            /** Code */
            code: string;
        };
        /**
         * ShareRequest
         * @description For how many days it works.
         * @example {
         *       "days": 7
         *     }
         */
        ShareRequest: {
            /**
             * Days
             * @default 7
             */
            days?: number;
        };
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
         * SignInCode
         * @description A code that signs another device in as you, once and until `expires_ms`: what follows the # of /sign-in.
         * @example {
         *       "code": "q3Zb…",
         *       "expires_ms": 1795385644343
         *     }
         */
        SignInCode: {
            /** Code */
            code: string;
            /** Expires Ms */
            expires_ms: number;
        };
        /**
         * Standing
         * @description How a budget stands.
         * @enum {string}
         */
        Standing: "free" | "near" | "spent";
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
         * State
         * @description How a notification stands. It is withdrawn when it was no longer so once it was due, or the person saw it.
         * @enum {string}
         */
        State: "pending" | "sent" | "withdrawn" | "failed";
        /**
         * Template
         * @description Settings under a name. `placeholders` are the names of the places in its prompt, in their order.
         * @example {
         *       "agent_id": "agt_hjcplcqrsrogonzpaxx6",
         *       "created_by": "ada",
         *       "created_ms": 1795385584343,
         *       "directory": "/srv/projects/claudios",
         *       "effort": "high",
         *       "id": "tpl_4nqn3vgfuc2tlwfjkx6a",
         *       "model": "opus",
         *       "name": "Fix an issue",
         *       "permission_mode": "acceptEdits",
         *       "placeholders": [
         *         "number"
         *       ],
         *       "project_id": "prj_2k2chh6bckqd467phlmx",
         *       "prompt": "Fix issue {number}, then open a pull request.",
         *       "updated_ms": 1795385584343
         *     }
         */
        Template: {
            /** Agent Id */
            agent_id?: string | null;
            /** Created By */
            created_by: string | null;
            /** Created Ms */
            created_ms: number;
            /** Directory */
            directory?: string | null;
            effort?: components["schemas"]["Effort"] | null;
            /** Id */
            id: string;
            /** Model */
            model?: string | null;
            /** Name */
            name: string;
            permission_mode?: components["schemas"]["PermissionMode"] | null;
            /** Placeholders */
            placeholders: string[];
            /** Project Id */
            project_id: string;
            /** Prompt */
            prompt?: string | null;
            /** Updated Ms */
            updated_ms: number;
        };
        /**
         * TemplateRequest
         * @description A template's name and settings; null: whoever starts from it is to choose.
         * @example {
         *       "agent_id": "agt_hjcplcqrsrogonzpaxx6",
         *       "directory": "/srv/projects/claudios",
         *       "effort": "high",
         *       "model": "opus",
         *       "name": "Fix an issue",
         *       "permission_mode": "acceptEdits",
         *       "prompt": "Fix issue {number}, then open a pull request."
         *     }
         */
        TemplateRequest: {
            /** Agent Id */
            agent_id?: string | null;
            /** Directory */
            directory?: string | null;
            effort?: components["schemas"]["Effort"] | null;
            /** Model */
            model?: string | null;
            /** Name */
            name: string;
            permission_mode?: components["schemas"]["PermissionMode"] | null;
            /** Prompt */
            prompt?: string | null;
        };
        /**
         * TerminalSize
         * @description The size of a terminal, in characters.
         * @example {
         *       "columns": 120,
         *       "rows": 40
         *     }
         */
        TerminalSize: {
            /** Columns */
            columns: number;
            /** Rows */
            rows: number;
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
         * Usage
         * @description What was used from the day `since` to the day `until`, both included, as they are in `time_zone`.
         * @example {
         *       "by": "agent",
         *       "rows": [
         *         {
         *           "cache_read_tokens": 1204000,
         *           "cache_write_tokens": 84100,
         *           "cost_usd": 1.62,
         *           "duration_ms": 843000,
         *           "input_tokens": 4210,
         *           "key": "agt_hjcplcqrsrogonzpaxx6",
         *           "name": "workstation",
         *           "output_tokens": 18430,
         *           "turns": 12
         *         }
         *       ],
         *       "since": "2026-11-01",
         *       "time_zone": "Europe/Zurich",
         *       "total": {
         *         "cache_read_tokens": 1204000,
         *         "cache_write_tokens": 84100,
         *         "cost_usd": 1.62,
         *         "duration_ms": 843000,
         *         "input_tokens": 4210,
         *         "output_tokens": 18430,
         *         "turns": 12
         *       },
         *       "until": "2026-11-30"
         *     }
         */
        Usage: {
            by: components["schemas"]["By"];
            /** Rows */
            rows: components["schemas"]["UsageRow"][];
            /**
             * Since
             * Format: date
             */
            since: string;
            /** Time Zone */
            time_zone: string;
            total: components["schemas"]["Amounts"];
            /**
             * Until
             * Format: date
             */
            until: string;
        };
        /**
         * UsageRow
         * @description What one day, project, agent, model or person used: `key` is its id (a day: its date), `name` is for people.
         * @example {
         *       "cache_read_tokens": 1204000,
         *       "cache_write_tokens": 84100,
         *       "cost_usd": 1.62,
         *       "duration_ms": 843000,
         *       "input_tokens": 4210,
         *       "key": "agt_hjcplcqrsrogonzpaxx6",
         *       "name": "workstation",
         *       "output_tokens": 18430,
         *       "turns": 12
         *     }
         */
        UsageRow: {
            /** Cache Read Tokens */
            cache_read_tokens: number;
            /** Cache Write Tokens */
            cache_write_tokens: number;
            /** Cost Usd */
            cost_usd: number;
            /** Duration Ms */
            duration_ms: number;
            /** Input Tokens */
            input_tokens: number;
            /** Key */
            key: string;
            /** Name */
            name: string;
            /** Output Tokens */
            output_tokens: number;
            /** Turns */
            turns: number;
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
         *     `keys` are the fingerprints of the keys that signed them. Of output that was `removed`, and is not among `frames`,
         *     the server's tombstone holds and names the end that the machine has signed.
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
         * @description A prompt that waits, as people see it, with how many images. Its id becomes that of the command that sends it.
         * @example {
         *       "created_by": "ada",
         *       "created_ms": 1795385584343,
         *       "id": "b3a8e0e1-f9ab-4bfe-8c6b-3f6f0f6f2a11",
         *       "images": 0,
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
            /** Images */
            images: number;
            /** Text */
            text: string;
        };
        /**
         * Way
         * @description How a channel is spoken to.
         * @enum {string}
         */
        Way: "push" | "ntfy" | "webhook";
        /**
         * WebhookRequest
         * @description What a webhook is called, and where it is posted to.
         * @example {
         *       "address": "https://ci.example.org/claudios",
         *       "name": "ci"
         *     }
         */
        WebhookRequest: {
            /** Address */
            address: string;
            /** Name */
            name: string;
        };
        /**
         * Worktree
         * @description A git worktree of a session: Claude works in `directory` of it, on `branch`, made from `base` of `repository`.
         *
         *     Without `base` it was made from a commit that no branch was checked out at.
         * @example {
         *       "base": "main",
         *       "branch": "claudios/0d1f0a52",
         *       "directory": "/home/ada/.local/state/claudios/agent/k3q2m5x7/worktrees/claudios-0d1f0a52",
         *       "repository": "/srv/projects/claudios"
         *     }
         */
        Worktree: {
            /** Base */
            base?: string | null;
            /** Branch */
            branch: string;
            /** Directory */
            directory: string;
            /** Repository */
            repository: string;
        };
        /**
         * WorktreeLoss
         * @description What would be lost: files not committed, and commits that the base lacks; the first of each are named.
         * @example {
         *       "commit_count": 1,
         *       "commits": [
         *         "9fceb02 Make the tests pass"
         *       ],
         *       "digest": "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
         *       "file_count": 1,
         *       "files": [
         *         "src/main.py"
         *       ]
         *     }
         */
        WorktreeLoss: {
            /** Commit Count */
            commit_count: number;
            /**
             * Commits
             * @default []
             */
            commits?: string[];
            /** Digest */
            digest: string;
            /** File Count */
            file_count: number;
            /**
             * Files
             * @default []
             */
            files?: string[];
        };
        /**
         * WorktreeRemoval
         * @description `confirmed` is the digest of the loss that is agreed to; without it nothing is removed that would be lost.
         * @example {
         *       "confirmed": null
         *     }
         */
        WorktreeRemoval: {
            /** Confirmed */
            confirmed?: string | null;
        };
        /**
         * Written
         * @description How much of an upload is on the machine's disk; `is_done` says that it is the file now.
         * @example {
         *       "is_done": true,
         *       "path": "/srv/projects/notes.txt",
         *       "size": 2
         *     }
         */
        Written: {
            /** Is Done */
            is_done: boolean;
            /** Path */
            path: string;
            /** Size */
            size: number;
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
