import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { BookmarkPlus, FolderSearch, History } from "lucide-react";
import {
  type FormEvent,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";
import { ApiError, explain } from "../api/http";
import { newId } from "../api/ids";
import { keys, sessions } from "../api/resources";
import type { Agent, Effort, Mode, PermissionMode, Session, Template } from "../api/types";
import { AttachButton, AttachedList, type Attaching } from "../images/attach";
import { AfterLimit } from "../limits/after-limit";
import { CONTINUE } from "../limits/words";
import { useLive } from "../live/hooks";
import { excess } from "../session/excess";
import { Filling, missing, type Values } from "../templates/filling";
import { filled } from "../templates/placeholders";
import { type Edited, TemplateDialog } from "../templates/template-form";
import { Button } from "../ui/button";
import { Choice } from "../ui/choice";
import { DialogBody, DialogFooter } from "../ui/dialog";
import { Check, Field, TextArea } from "../ui/field";
import { remember, remembered } from "../ui/stored";
import { isTouched } from "../ui/touch";
import { Conversations, listsConversations } from "./conversations";
import { DemoExamples } from "./demo-examples";
import { DirectoryBrowser } from "./directory-browser";
import { DirectoryField } from "./directory-field";
import { EFFORTS } from "./efforts";
import { MODES } from "./modes";
import { allowedModes, PERMISSION_MODES } from "./permission-modes";
import { makesWorktrees, WorktreeChoice } from "./worktree-choice";

interface Choices {
  directory: string;
  model: string;
  permissionMode: PermissionMode;
  effort: Effort | null;
  mode: Mode;
  isResumed: boolean;
  limitPrompt: string | null;
}

export const LAST_AGENT = "claudios.new-session.agent";
const CLI_DEFAULT = "default";
const choicesKey = (agentId: string) => `claudios.new-session.choices.${agentId}`;

interface AgentFormProps {
  agent: Agent;
  /** What is started from; what it says stands here first. */
  template: Template | null;
  /** Choices of what this form is for. */
  templateChoice: ReactNode;
  agentChoice: ReactNode;
  prompt: string;
  setPrompt: (prompt: string) => void;
  values: Values;
  setValues: (values: Values) => void;
  promptField: RefObject<HTMLTextAreaElement | null>;
  /** Whoever is here types on: the first field to fill in has the focus. */
  isReady: boolean;
  attaching: Attaching;
  /** Called before `onDone` where that is because the session is started. */
  onStarted: () => void;
  onDone: () => void;
}

/** What is asked of one agent; what it is to do stays when another is chosen. */
export function AgentForm(props: AgentFormProps) {
  const { agent, template, templateChoice, agentChoice, prompt, setPrompt, values, setValues } = props;
  const { promptField, isReady, attaching, onStarted, onDone } = props;
  const live = useLive();
  const client = useQueryClient();
  const navigate = useNavigate();
  const last = remembered<Choices>(choicesKey(agent.id));
  const modes = allowedModes(agent);
  const [id] = useState(newId);
  const [directory, setDirectory] = useState(template?.directory ?? last.directory ?? "");
  const [model, setModel] = useState(template?.model ?? last.model ?? "");
  const [mode, setMode] = useState<PermissionMode>(
    modes.find((each) => each === template?.permission_mode) ??
      modes.find((each) => each === last.permissionMode) ??
      modes[0] ??
      "default",
  );
  const [effort, setEffort] = useState<Effort | null>(template?.effort ?? last.effort ?? null);
  const ways = agent.machine?.modes ?? ["chat"];
  const [way, setWay] = useState<Mode>(ways.find((each) => each === last.mode) ?? "chat");
  const [isResumed, setResumed] = useState(last.isResumed ?? false);
  const [isApart, setApart] = useState(false);
  const [limitPrompt, setLimitPrompt] = useState(last.limitPrompt ?? null);
  const [failure, setFailure] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const [isAsked, setAsked] = useState(false);
  const [isBrowsing, setBrowsing] = useState(false);
  const [isLookingBack, setLookingBack] = useState(false);
  const [kept, setKept] = useState<Edited | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const lists = useId();
  const [imageFault, imageNotice] = way === "chat" ? [attaching.fault, attaching.notice] : [null, null];
  const told = (template === null ? prompt : filled(prompt, values)).trim();
  const fault = excess(told) ?? imageFault;
  const isMute = way === "chat" && told === "" && attaching.images.length > 0;
  const canStart = fault === null && !isMute && !(way === "chat" && attaching.isReading);
  const isForbidden = template?.permission_mode != null && !modes.includes(template.permission_mode);

  useEffect(() => {
    if (template === null || !isReady) return;
    (form.current?.querySelector<HTMLInputElement>("input[data-place]") ?? promptField.current)?.focus();
  }, [template, promptField, isReady]);

  const start = async (event?: FormEvent) => {
    event?.preventDefault();
    if (isBusy || !canStart) return;
    const [empty] = template === null ? [] : missing(prompt, values);
    if (empty !== undefined) {
      setAsked(true);
      form.current?.querySelector<HTMLInputElement>(`input[data-place="${empty}"]`)?.focus();
      return;
    }
    setBusy(true);
    setFailure(null);
    try {
      const session = await sessions.start({
        id,
        project_id: agent.project_id,
        agent_id: agent.id,
        permission_mode: mode,
        resume: isResumed ? "automatic" : "manual",
        ...(directory.trim() && { directory: directory.trim() }),
        ...(told && { prompt: told }),
        mode: way,
        ...(isApart && makesWorktrees(agent) && { worktree: true }),
        ...(way === "chat" && attaching.images.length > 0 && { images: attaching.images.map(({ data }) => data) }),
        ...(model.trim() && { model: model.trim() }),
        ...(effort && { effort }),
        ...(way === "chat" && limitPrompt !== null && { limit_prompt: limitPrompt.trim() || CONTINUE }),
      });
      remember(LAST_AGENT, { id: agent.id });
      const chosen = { directory: directory.trim(), model: model.trim(), permissionMode: mode, effort };
      if (template === null) remember(choicesKey(agent.id), { ...chosen, mode: way, isResumed, limitPrompt });
      if (directory.trim()) void client.invalidateQueries({ queryKey: keys.recentDirectories(agent.id) });
      live.store.putSession(session);
      onStarted();
      onDone();
      await navigate({ to: "/sessions/$sessionId", params: { sessionId: session.id } });
    } catch (thrown) {
      setFailure(thrown);
      setBusy(false);
    }
  };
  const goOn = (session: Session) => {
    remember(LAST_AGENT, { id: agent.id });
    onDone();
    void navigate({ to: "/sessions/$sessionId", params: { sessionId: session.id } });
  };
  const startByKey = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void start();
    }
  };
  const keep = () =>
    setKept({
      settings: {
        prompt: prompt.trim() || null,
        agent_id: agent.id,
        directory: directory.trim() || null,
        model: model.trim() || null,
        permission_mode: mode,
        effort,
      },
    });
  const fieldError = (name: string) =>
    failure instanceof ApiError && failure.field === name ? failure.message : undefined;
  const otherError = failure !== null && !(failure instanceof ApiError && failure.field) ? explain(failure) : null;

  return (
    <>
      <form ref={form} onSubmit={start} className="flex min-h-0 flex-1 flex-col">
        <DialogBody>
          {templateChoice}
          <div className="grid gap-4 sm:grid-cols-2">
            {agentChoice}
            <div className="flex min-w-0 items-start gap-2">
              <div className="min-w-0 flex-1">
                <DirectoryField
                  agent={agent}
                  value={directory}
                  onChange={setDirectory}
                  error={fieldError("directory")}
                />
              </div>
              <Button
                aria-label="Browse directories"
                icon={<FolderSearch aria-hidden className="size-4" />}
                onClick={() => setBrowsing(true)}
                className="mt-[1.6rem] h-9 touch:h-11"
              >
                Browse
              </Button>
            </div>
          </div>
          {listsConversations(agent) && (
            <Button
              size="small"
              icon={<History aria-hidden className="size-3.5" />}
              onClick={() => setLookingBack(true)}
              className="self-start"
            >
              Continue a conversation from this machine
            </Button>
          )}
          <div {...(way === "chat" && attaching.takes)}>
            <TextArea
              ref={promptField}
              label="Prompt"
              data-first-focus
              placeholder="What should Claude do? Leave it empty to start and wait."
              value={prompt}
              rows={4}
              onChange={(event) => setPrompt(event.target.value)}
              onKeyDown={startByKey}
              error={fault ?? imageNotice ?? fieldError("prompt") ?? fieldError("images")}
              hint={
                isMute
                  ? "Say what Claude is to do with it."
                  : agent.demo || isTouched()
                    ? undefined
                    : "Ctrl or ⌘ + Enter starts the session."
              }
            />
            {way === "chat" && (
              <div className="flex items-center gap-2 pt-1">
                <AttachButton onFiles={attaching.add} isDisabled={isBusy} />
                <AttachedList images={attaching.images} onChange={attaching.put} />
              </div>
            )}
          </div>
          {template !== null && (
            <Filling prompt={prompt} values={values} onChange={setValues} onKeyDown={startByKey} isAsked={isAsked} />
          )}
          {agent.demo && template === null && <DemoExamples onChoose={setPrompt} />}
          <div className="grid gap-4 sm:grid-cols-2">
            {ways.length > 1 && (
              <Choice
                label="Mode"
                value={way}
                onChange={setWay}
                options={ways.map((each) => ({ value: each, ...MODES[each] }))}
              />
            )}
            <Choice
              label="Permissions"
              value={mode}
              onChange={setMode}
              options={modes.map((each) => ({ value: each, ...PERMISSION_MODES[each] }))}
              hint={isForbidden ? "This machine does not allow the template's." : undefined}
            />
            <Field
              label="Model"
              placeholder="The CLI's default"
              value={model}
              onChange={(event) => setModel(event.target.value)}
              list={`${lists}-models`}
              spellCheck={false}
              autoCapitalize="none"
              autoComplete="off"
              error={fieldError("model")}
            />
            <datalist id={`${lists}-models`}>
              <option value="opus" />
              <option value="sonnet" />
              <option value="haiku" />
            </datalist>
            <Choice
              label="Effort"
              value={effort ?? CLI_DEFAULT}
              onChange={(chosen) => setEffort(chosen === CLI_DEFAULT ? null : chosen)}
              options={[
                { value: CLI_DEFAULT, label: "The CLI's default" },
                ...(Object.keys(EFFORTS) as Effort[]).map((value) => ({ value, label: EFFORTS[value] })),
              ]}
            />
          </div>
          <Check
            isChecked={isResumed}
            onChange={setResumed}
            hint="It goes on with what it was at, up to three times in a row."
          >
            Resume by itself after a crash or reboot
          </Check>
          {way === "chat" && <AfterLimit prompt={limitPrompt} onChange={setLimitPrompt} />}
          <WorktreeChoice agent={agent} isChosen={isApart} onChoose={setApart} />
          {otherError !== null && (
            <p role="alert" className="text-sm text-bad">
              {otherError}
            </p>
          )}
        </DialogBody>
        <DialogFooter>
          <Button
            look="ghost"
            aria-label="Save as template"
            icon={<BookmarkPlus aria-hidden className="size-4" />}
            onClick={keep}
            className="mr-auto -ml-2"
          >
            <span className="max-sm:hidden">Save as template</span>
            <span className="sm:hidden">Template</span>
          </Button>
          <Button onClick={onDone}>Cancel</Button>
          <Button type="submit" look="primary" isBusy={isBusy} disabled={!canStart}>
            Start session
          </Button>
        </DialogFooter>
      </form>
      <DirectoryBrowser
        agent={agent}
        from={directory.trim()}
        isOpen={isBrowsing}
        onClose={() => setBrowsing(false)}
        onChoose={setDirectory}
      />
      <Conversations agent={agent} isOpen={isLookingBack} onClose={() => setLookingBack(false)} onImported={goOn} />
      <TemplateDialog projectId={agent.project_id} edited={kept} onClose={() => setKept(null)} />
    </>
  );
}
