import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { projectsQuery, templatesQuery } from "../api/resources";
import type { Agent, Template } from "../api/types";
import { useAttaching } from "../images/attach";
import { useAgents } from "../live/hooks";
import { lastEntered } from "../live/person";
import { OnlineDot } from "../projects/online-dot";
import type { Values } from "../templates/filling";
import { TemplateChoice } from "../templates/template-choice";
import { buttonClass } from "../ui/button";
import { Choice } from "../ui/choice";
import { Empty } from "../ui/empty";
import { remembered, useStored } from "../ui/stored";
import { isTouched } from "../ui/touch";
import { AgentForm, LAST_AGENT } from "./agent-form";
import type { Preset } from "./start-session";

/**
 * Template, agent, directory, prompt and settings; what was chosen last on an agent is chosen again. A prompt of one's
 * own stays until a session is started with it.
 */
export function StartSessionForm({ preset, onDone }: { preset: Preset; onDone: () => void }) {
  const { data: projects } = useQuery(projectsQuery);
  const { data: templates = [] } = useQuery(templatesQuery);
  const usable = new Map(projects?.filter(({ role }) => role !== "viewer").map((project) => [project.id, project]));
  const agents = useAgents().filter((agent) => usable.has(agent.project_id));
  const [template, setTemplate] = useState<Template | null>(preset.template ?? null);
  const [chosenId, choose] = useState<string | null>(preset.agentId ?? preset.template?.agent_id ?? null);
  const [draft, keepDraft] = useStored(`claudios.new-session.draft.${lastEntered() ?? ""}`);
  const [prompt, setPrompt] = useState(preset.prompt ?? preset.template?.prompt ?? draft);
  const isOwn = template?.prompt == null;
  const [values, setValues] = useState<Values>({});
  const own = useRef(draft); // the prompt that stood here before the template's
  const attaching = useAttaching();
  const promptField = useRef<HTMLTextAreaElement>(null);
  const isReady = preset.isTyping === true || !isTouched();
  useEffect(() => {
    if (preset.prompt !== undefined) keepDraft(preset.prompt);
  }, [preset, keepDraft]);
  // The form may be loaded only after the dialog has looked for what to focus.
  useEffect(() => {
    if (preset.template === undefined && isReady) promptField.current?.focus();
  }, [preset, isReady]);
  const projectId = template?.project_id ?? preset.projectId;
  const agent = agents.find(({ id }) => id === chosenId) ?? firstChoice(agents, projectId);
  if (agent === undefined) return <NoAgent hasProject={usable.size > 0} preset={preset} onDone={onDone} />;
  const startFrom = (next: Template | null) => {
    if (template === null) own.current = prompt;
    if (next?.prompt != null) setPrompt(next.prompt);
    else if (template?.prompt != null) setPrompt(own.current);
    if (next?.agent_id != null) choose(next.agent_id);
    else if (next !== null && next.project_id !== agent.project_id) choose(null);
    setValues({});
    setTemplate(next);
  };
  return (
    <AgentForm
      key={`${agent.id} ${template?.id}`}
      agent={agent}
      template={template}
      prompt={prompt}
      setPrompt={(next) => {
        setPrompt(next);
        if (isOwn) keepDraft(next);
      }}
      values={values}
      setValues={setValues}
      promptField={promptField}
      isReady={isReady}
      attaching={attaching}
      onStarted={() => isOwn && keepDraft("")}
      onDone={onDone}
      templateChoice={
        <TemplateChoice
          templates={templates.filter(({ project_id }) => usable.has(project_id))}
          projects={usable}
          chosen={template}
          onChoose={startFrom}
        />
      }
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

function firstChoice(agents: readonly Agent[], projectId: string | undefined): Agent | undefined {
  const fitting = agents.filter(({ project_id }) => projectId === undefined || project_id === projectId);
  const { id } = remembered<{ id: string }>(LAST_AGENT);
  return fitting.find((agent) => agent.id === id && agent.online) ?? fitting.find(({ online }) => online) ?? fitting[0];
}
