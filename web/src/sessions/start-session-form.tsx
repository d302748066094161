import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, type KeyboardEvent, useId, useState } from "react";
import { ApiError, explain } from "../api/http";
import { newId } from "../api/ids";
import { projectsQuery, sessions } from "../api/resources";
import type { Agent, PermissionMode } from "../api/types";
import { useAgents, useLive } from "../live/hooks";
import { OnlineDot } from "../projects/online-dot";
import { DEMO_MEANING, DemoBadge } from "../ui/badge";
import { Button, buttonClass } from "../ui/button";
import { Choice } from "../ui/choice";
import { DialogBody, DialogFooter } from "../ui/dialog";
import { Empty } from "../ui/empty";
import { Check, Field, TextArea } from "../ui/field";
import { remember, remembered } from "../ui/stored";
import { DEMO_PROMPTS } from "./demo-prompts";
import { PERMISSION_MODES } from "./permission-modes";
import type { Preset } from "./start-session";

interface Choices {
  directory: string;
  model: string;
  permissionMode: PermissionMode;
  isResumed: boolean;
}

const LAST_AGENT = "claudios.new-session.agent";
const choicesKey = (agentId: string) => `claudios.new-session.choices.${agentId}`;

/** Agent, directory, prompt, model and permission mode; what was chosen last on an agent is chosen again. */
export function StartSessionForm({ preset, onDone }: { preset: Preset; onDone: () => void }) {
  const { data: projects } = useQuery(projectsQuery);
  const usable = new Map(projects?.filter(({ role }) => role !== "viewer").map((project) => [project.id, project]));
  const agents = useAgents().filter((agent) => usable.has(agent.project_id));
  const [chosenId, choose] = useState<string | null>(preset.agentId ?? null);
  const agent = agents.find(({ id }) => id === chosenId) ?? firstChoice(agents, preset);
  if (agent === undefined) return <NoAgent hasProject={usable.size > 0} preset={preset} onDone={onDone} />;
  return (
    <AgentForm
      key={agent.id}
      agent={agent}
      onDone={onDone}
      agentChoice={
        <Choice
          label="Agent"
          value={agent.id}
          onChange={choose}
          options={agents.map((each) => ({
            value: each.id,
            label: usable.size > 1 ? `${each.name} · ${usable.get(each.project_id)?.name}` : each.name,
            description: each.online ? each.machine?.hostname : "Offline: the session starts when it is back",
            mark: <OnlineDot isOnline={each.online} />,
          }))}
        />
      }
    />
  );
}

function AgentForm({ agent, agentChoice, onDone }: { agent: Agent; agentChoice: React.ReactNode; onDone: () => void }) {
  const live = useLive();
  const navigate = useNavigate();
  const last = remembered<Choices>(choicesKey(agent.id));
  const modes = agent.machine?.permission_modes ?? ["default"];
  const [id] = useState(newId);
  const [prompt, setPrompt] = useState("");
  const [directory, setDirectory] = useState(last.directory ?? "");
  const [model, setModel] = useState(last.model ?? "");
  const [mode, setMode] = useState<PermissionMode>(
    modes.find((each) => each === last.permissionMode) ?? modes[0] ?? "default",
  );
  const [isResumed, setResumed] = useState(last.isResumed ?? false);
  const [failure, setFailure] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const lists = useId();

  const start = async (event?: FormEvent) => {
    event?.preventDefault();
    if (isBusy) return;
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
        ...(prompt.trim() && { prompt: prompt.trim() }),
        ...(model.trim() && { model: model.trim() }),
      });
      remember(LAST_AGENT, { id: agent.id });
      remember(choicesKey(agent.id), {
        directory: directory.trim(),
        model: model.trim(),
        permissionMode: mode,
        isResumed,
      });
      live.store.putSession(session);
      onDone();
      await navigate({ to: "/sessions/$sessionId", params: { sessionId: session.id } });
    } catch (thrown) {
      setFailure(thrown);
      setBusy(false);
    }
  };
  const startByKey = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void start();
  };
  const fieldError = (name: string) =>
    failure instanceof ApiError && failure.field === name ? failure.message : undefined;
  const otherError = failure !== null && !(failure instanceof ApiError && failure.field) ? explain(failure) : null;

  return (
    <form onSubmit={start} className="flex min-h-0 flex-1 flex-col">
      <DialogBody>
        <div className="grid gap-4 sm:grid-cols-2">
          {agentChoice}
          <Field
            label="Directory"
            placeholder={agent.machine?.default_directory ?? "Where the agent runs"}
            value={directory}
            onChange={(event) => setDirectory(event.target.value)}
            list={`${lists}-directories`}
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
            error={fieldError("directory")}
          />
          <datalist id={`${lists}-directories`}>
            {agent.machine?.directories.map((each) => (
              <option key={each} value={each} />
            ))}
          </datalist>
        </div>
        <TextArea
          label="Prompt"
          data-first-focus
          placeholder="What should Claude do? Leave it empty to start and wait."
          value={prompt}
          rows={4}
          onChange={(event) => setPrompt(event.target.value)}
          onKeyDown={startByKey}
          error={fieldError("prompt")}
          hint={agent.demo ? undefined : "Ctrl or ⌘ + Enter starts the session."}
        />
        {agent.demo && (
          <div className="-mt-1 flex flex-col gap-2">
            <p className="text-xs text-ink-2">
              <DemoBadge /> {DEMO_MEANING.replace("Demo: the", "The")} Try one:
            </p>
            <ul className="flex flex-wrap gap-1.5">
              {DEMO_PROMPTS.map((example) => (
                <li key={example}>
                  <button
                    type="button"
                    onClick={() => setPrompt(example)}
                    className="h-7 rounded-full border border-line-strong bg-surface px-2.5 text-xs text-ink-2 hover:bg-hover hover:text-ink touch:h-9"
                  >
                    {example}
                  </button>
                </li>
              ))}
            </ul>
          </div>
        )}
        <div className="grid gap-4 sm:grid-cols-2">
          <Choice
            label="Permissions"
            value={mode}
            onChange={setMode}
            options={modes.map((each) => ({ value: each, ...PERMISSION_MODES[each] }))}
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
        </div>
        <Check
          isChecked={isResumed}
          onChange={setResumed}
          hint="It goes on with what it was at, up to three times in a row."
        >
          Resume by itself after a crash or reboot
        </Check>
        {otherError !== null && (
          <p role="alert" className="text-sm text-bad">
            {otherError}
          </p>
        )}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" look="primary" isBusy={isBusy}>
          Start session
        </Button>
      </DialogFooter>
    </form>
  );
}

function NoAgent({ hasProject, preset, onDone }: { hasProject: boolean; preset: Preset; onDone: () => void }) {
  return (
    <Empty
      title={hasProject ? "No agent yet" : "No project yet"}
      action={
        preset.projectId && hasProject ? (
          <Link
            to="/projects/$projectId"
            params={{ projectId: preset.projectId }}
            onClick={onDone}
            className={buttonClass("primary")}
          >
            Create an agent
          </Link>
        ) : (
          <Link to="/projects" onClick={onDone} className={buttonClass("primary")}>
            {hasProject ? "Choose a project" : "Create a project"}
          </Link>
        )
      }
    >
      {hasProject
        ? "An agent is the small program that runs Claude on a machine of yours. Create one in a project first."
        : "Sessions belong to projects. Create one, then an agent in it."}
    </Empty>
  );
}

function firstChoice(agents: readonly Agent[], preset: Preset): Agent | undefined {
  const fitting = agents.filter(({ project_id }) => preset.projectId === undefined || project_id === preset.projectId);
  const { id } = remembered<{ id: string }>(LAST_AGENT);
  return fitting.find((agent) => agent.id === id && agent.online) ?? fitting.find(({ online }) => online) ?? fitting[0];
}
