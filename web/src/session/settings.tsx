import { useQuery } from "@tanstack/react-query";
import { Check, ChevronDown } from "lucide-react";
import type { ReactNode } from "react";
import { offersQuery, sessions } from "../api/resources";
import type { Effort, Offers, PermissionMode, Session, Setting } from "../api/types";
import { PERMISSION_MODES } from "../sessions/permission-modes";
import { Menu, MenuItem } from "../ui/menu";
import { attempt } from "../ui/toast";
import { visible } from "../ui/visible";

const EFFORTS: Record<Effort, string> = { low: "Low", medium: "Medium", high: "High", xhigh: "Very high", max: "Most" };
const MODES = Object.keys(PERMISSION_MODES) as PermissionMode[];
const NOTHING: Offers = { commands: [], models: [] };

/** What a session's Claude offers; nothing before it runs. */
export function useOffers(session: Session): Offers {
  const isKnown = session.state === "running" && session.activity !== null;
  const { data } = useQuery({ ...offersQuery(session.id, session.epoch), enabled: isKnown });
  return data ?? NOTHING;
}

/** What Claude works with: model, permission mode and effort, each to be changed while it runs. */
export function Settings({ session, offers }: { session: Session; offers: Offers }) {
  if (session.state !== "running") return null;
  const set = (setting: Setting) => void attempt("It was not changed", () => sessions.set(session.id, setting));
  const model = offers.models.find(({ value, resolved }) => value !== "default" && resolved === session.model);
  const efforts = (model ?? offers.models[0])?.efforts.filter((effort): effort is Effort => effort in EFFORTS) ?? [];
  return (
    <div className="flex shrink-0 items-center gap-0.5">
      {offers.models.length > 0 && (
        <Chooser name="Model" chosen={visible(model?.name ?? session.model ?? "Default model")}>
          {offers.models.map(({ value, name, description }) => (
            <Option
              key={value}
              name={visible(name)}
              description={visible(description)}
              isChosen={value === model?.value}
              onSelect={() => set({ setting: "model", value })}
            />
          ))}
        </Chooser>
      )}
      <Chooser name="Permissions" chosen={PERMISSION_MODES[session.permission_mode]?.label ?? session.permission_mode}>
        {MODES.map((value) => (
          <Option
            key={value}
            name={PERMISSION_MODES[value].label}
            description={PERMISSION_MODES[value].description}
            isChosen={value === session.permission_mode}
            onSelect={() => set({ setting: "permission_mode", value })}
          />
        ))}
      </Chooser>
      {efforts.length > 0 && (
        <Chooser name="Effort" chosen={session.effort === null ? "Effort" : nameOf(session.effort)}>
          {efforts.map((value) => (
            <Option
              key={value}
              name={EFFORTS[value]}
              isChosen={value === session.effort}
              onSelect={() => set({ setting: "effort", value })}
            />
          ))}
        </Chooser>
      )}
    </div>
  );
}

function nameOf(effort: string): string {
  return effort in EFFORTS ? EFFORTS[effort as Effort] : effort;
}

function Chooser({ name, chosen, children }: { name: string; chosen: string; children: ReactNode }) {
  return (
    <Menu
      align="end"
      side="top"
      trigger={
        <button
          type="button"
          aria-label={`${name}: ${chosen}`}
          title={name}
          className="flex h-6 max-w-36 items-center gap-1 rounded-md px-1.5 text-2xs text-ink-2 hover:bg-hover hover:text-ink touch:h-9"
        >
          <span className="truncate">{chosen}</span>
          <ChevronDown aria-hidden className="size-3 shrink-0 text-ink-3" />
        </button>
      }
    >
      {children}
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
    <MenuItem icon={<Check aria-hidden className={isChosen ? "" : "invisible"} />} onSelect={onSelect}>
      <span className="max-w-72">
        {name}
        {isChosen && <span className="sr-only">, now</span>}
        {description && <span className="block text-xs text-ink-3">{description}</span>}
      </span>
    </MenuItem>
  );
}
