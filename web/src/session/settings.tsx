import { useQuery } from "@tanstack/react-query";
import { Check, ChevronDown } from "lucide-react";
import { type ReactNode, useCallback, useMemo, useState } from "react";
import { offersQuery, sessions } from "../api/resources";
import type { Effort, Offers, Session, Setting } from "../api/types";
import { EFFORTS } from "../sessions/efforts";
import { PERMISSION_MODES, useAllowedModes } from "../sessions/permission-modes";
import { Spinner } from "../ui/button";
import { Menu, MenuItem } from "../ui/menu";
import { useUnderWay } from "../ui/under-way";
import { visible } from "../ui/visible";

const NOTHING: Offers = { commands: [], models: [] };

/** What a session's Claude offers; nothing before it runs. */
export function useOffers(session: Session): Offers {
  const isKnown = session.state === "running" && session.activity !== null;
  const { data } = useQuery({ ...offersQuery(session.id, session.epoch), enabled: isKnown });
  return data ?? NOTHING;
}

/** What Claude works with: model, permission mode and effort, each to be changed while it runs. */
export function Settings({ session, offers }: { session: Session; offers: Offers }) {
  const allowed = useAllowedModes(session.agent_id);
  if (session.state !== "running") return null;
  const set = (setting: Setting) => sessions.set(session.id, setting);
  const model = offers.models.find(({ value, resolved }) => value !== "default" && resolved === session.model);
  const efforts = (model ?? offers.models[0])?.efforts.filter((effort): effort is Effort => effort in EFFORTS) ?? [];
  return (
    <div className="flex shrink-0 items-center gap-0.5">
      {offers.models.length > 0 && (
        <Chooser name="Model" chosen={visible(model?.name ?? session.model ?? "Default model")} mark={session.model}>
          {(choose) =>
            offers.models.map(({ value, name, description }) => (
              <Option
                key={value}
                name={visible(name)}
                description={visible(description)}
                isChosen={value === model?.value}
                onSelect={() => choose(visible(name), () => set({ setting: "model", value }))}
              />
            ))
          }
        </Chooser>
      )}
      <Chooser
        name="Permissions"
        chosen={PERMISSION_MODES[session.permission_mode]?.label ?? session.permission_mode}
        mark={session.permission_mode}
      >
        {(choose) =>
          allowed.map((value) => (
            <Option
              key={value}
              name={PERMISSION_MODES[value].label}
              description={PERMISSION_MODES[value].description}
              isChosen={value === session.permission_mode}
              onSelect={() => choose(PERMISSION_MODES[value].label, () => set({ setting: "permission_mode", value }))}
            />
          ))
        }
      </Chooser>
      {efforts.length > 0 && (
        <Chooser
          name="Effort"
          chosen={session.effort === null ? "Effort" : nameOf(session.effort)}
          mark={session.effort}
        >
          {(choose) =>
            efforts.map((value) => (
              <Option
                key={value}
                name={EFFORTS[value]}
                isChosen={value === session.effort}
                onSelect={() => choose(EFFORTS[value], () => set({ setting: "effort", value }))}
              />
            ))
          }
        </Chooser>
      )}
    </div>
  );
}

function nameOf(effort: string): string {
  return effort in EFFORTS ? EFFORTS[effort as Effort] : effort;
}

type Choose = (name: string, work: () => Promise<unknown>) => void;

/** Shows what is chosen; once another is, that one, as being on its way until Claude has it: `mark` is what Claude has. */
function Chooser({
  name,
  chosen,
  mark,
  children,
}: {
  name: string;
  chosen: string;
  mark: string | null;
  children: (choose: Choose) => ReactNode;
}) {
  const [wanted, setWanted] = useState("");
  const { isUnderWay, run } = useUnderWay(mark);
  const choose: Choose = useCallback(
    (option, work) => {
      setWanted(option);
      void run("It was not changed", work);
    },
    [run],
  );
  const options = useMemo(() => children(choose), [children, choose]); // drawn anew they would delay the sign
  const shown = isUnderWay ? `${wanted}…` : chosen;
  return (
    <Menu
      align="end"
      side="top"
      trigger={
        <button
          type="button"
          aria-label={`${name}: ${shown}`}
          aria-busy={isUnderWay || undefined}
          title={name}
          className="flex h-6 max-w-36 items-center gap-1 rounded-md px-1.5 text-2xs text-ink-2 hover:bg-hover hover:text-ink touch:h-9"
        >
          <span className="truncate">{shown}</span>
          {isUnderWay ? <Spinner /> : <ChevronDown aria-hidden className="size-3 shrink-0 text-ink-3" />}
        </button>
      }
    >
      {options}
    </Menu>
  );
}

function Option({
  name,
  description,
  isChosen,
  onSelect,
}: {
  name: string;
  description?: string;
  isChosen: boolean;
  onSelect: () => void;
}) {
  return (
    <MenuItem icon={<Check aria-hidden className={isChosen ? "" : "invisible"} />} needsServer onSelect={onSelect}>
      <span className="max-w-72">
        {name}
        {isChosen && <span className="sr-only">, now</span>}
        {description && <span className="block text-xs text-ink-3">{description}</span>}
      </span>
    </MenuItem>
  );
}
