import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Search as SearchIcon } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { explain } from "../api/http";
import { searchQuery } from "../api/resources";
import { ScopeChoices } from "../projects/scope-choices";
import { TopBar } from "../shell/shell";
import { Button } from "../ui/button";
import { Choice } from "../ui/choice";
import { cx } from "../ui/cx";
import { Empty, Failure, Skeleton } from "../ui/empty";
import { inputClass } from "../ui/field";
import { plural } from "../ui/format";
import { useTitle } from "../ui/title";
import { isEnough, type SearchParams, wantedOf } from "./filters";
import { HitRow } from "./hit-row";

const TYPING_MS = 250;
const route = getRouteApi("/shell/search");

/** What was said in any session one may see: words, filters, and where they stand. All of it is in the address. */
export function Search() {
  useTitle("Search");
  const params = route.useSearch();
  const results = useRef<HTMLDivElement>(null);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys go through what was found, besides Tab
    <div className="flex min-h-0 flex-1 flex-col" onKeyDown={(event) => step(event, results.current)}>
      <TopBar title="Search" />
      <Words q={params.q ?? ""} />
      <Filters params={params} />
      <div ref={results} className="thin-scroll min-h-0 flex-1 overflow-y-auto pb-6">
        {isEnough(params.q ?? "") ? (
          <Found params={params} />
        ) : (
          <Empty icon={<SearchIcon aria-hidden />} title="Search all sessions">
            Write at least three letters: words, parts of identifiers, “a phrase in quotes”. What has all of them is
            found.
          </Empty>
        )}
      </div>
    </div>
  );
}

function Words({ q }: { q: string }) {
  const navigate = route.useNavigate();
  const [typed, setTyped] = useState(q);
  const asked = useRef(q);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    if (q !== asked.current) setTyped(q); // somebody went back
    asked.current = q;
  }, [q]);
  useEffect(() => {
    if (typed.trim() === asked.current) return;
    const timer = setTimeout(() => {
      asked.current = typed.trim();
      void navigate({ search: (before) => ({ ...before, q: typed.trim() || undefined }), replace: true });
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, navigate]);
  return (
    <search className="shrink-0 px-3 pt-2 md:px-5">
      <input
        ref={field}
        type="search"
        aria-label="Search for"
        placeholder="Words, identifiers, “a phrase”"
        autoComplete="off"
        spellCheck={false}
        maxLength={1000}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        className={cx(inputClass, "h-10 touch:h-11")}
      />
    </search>
  );
}

const STATES = [
  { value: "all", label: "Any state" },
  { value: "running", label: "Running" },
  { value: "ended", label: "Ended" },
] as const;
const TIMES = [
  { value: "all", label: "Any time" },
  { value: "day", label: "Past day" },
  { value: "week", label: "Past week" },
  { value: "month", label: "Past month" },
  { value: "year", label: "Past year" },
] as const;
const COSTS = [
  { value: "0", label: "Any cost" },
  { value: "0.1", label: "$0.10 or more" },
  { value: "1", label: "$1 or more" },
  { value: "10", label: "$10 or more" },
];
const ORDERS = [
  { value: "best", label: "Best first" },
  { value: "newest", label: "Newest first" },
] as const;

function Filters({ params }: { params: SearchParams }) {
  const navigate = route.useNavigate();
  const change = (changes: SearchParams) =>
    void navigate({ search: (before) => ({ ...before, ...changes }), replace: true });
  return (
    <div className="no-scrollbar flex shrink-0 items-center gap-2 overflow-x-auto border-b border-line px-3 py-2 md:px-5">
      <ScopeChoices project={params.project} agent={params.agent} onChange={change} />
      <Choice
        isCompact
        label="State"
        value={params.state ?? "all"}
        options={STATES}
        onChange={(state) => change({ state: state === "all" ? undefined : state })}
      />
      <Choice
        isCompact
        label="Time"
        value={params.when ?? "all"}
        options={TIMES}
        onChange={(when) => change({ when: when === "all" ? undefined : when })}
      />
      <Choice
        isCompact
        label="Cost"
        value={String(params.cost ?? 0)}
        options={COSTS}
        onChange={(cost) => change({ cost: cost === "0" ? undefined : Number(cost) })}
      />
      <Choice
        isCompact
        label="Order"
        value={params.order ?? "best"}
        options={ORDERS}
        onChange={(order) => change({ order: order === "best" ? undefined : order })}
      />
    </div>
  );
}

function Found({ params }: { params: SearchParams }) {
  const [at] = useState(Date.now);
  const { data, error, isPending, isPlaceholderData, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } =
    useInfiniteQuery({ ...searchQuery(wantedOf(params, at)), placeholderData: keepPreviousData });
  if (error !== null)
    return (
      <Failure
        title="The search did not work"
        message={explain(error)}
        action={<Button onClick={() => void refetch()}>Try again</Button>}
      />
    );
  if (isPending) return <Skeleton />;
  const hits = data.pages.flatMap((page) => page.hits);
  const last = data.pages.at(-1);
  const unread = last?.unread ?? 0;
  return (
    <div className={cx(isPlaceholderData && "opacity-60")} aria-busy={isPlaceholderData}>
      <p role="status" className="px-3 pt-2 pb-1 text-xs text-ink-3 md:px-5">
        {hits.length > 0 && `${plural(hits.length, "place")}${hasNextPage ? " so far" : ""}. `}
        {last?.is_cut &&
          !hasNextPage &&
          "Only the newest matches were compared: add a word, or show the newest first. "}
        {unread > 0 && `${plural(unread, "session")} cannot be searched yet: the index is being built.`}
      </p>
      {hits.length === 0 && (
        <Empty icon={<SearchIcon aria-hidden />} title="Nothing was found">
          Every word has to be in the same item. Leave one out, or change the filters above.
        </Empty>
      )}
      <ul aria-label="Found">
        {hits.map((hit) => (
          <HitRow key={`${hit.session_id} ${hit.no}`} hit={hit} />
        ))}
      </ul>
      {hasNextPage && (
        <div className="flex justify-center py-4">
          <Button isBusy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </div>
  );
}

/** Arrow down and up go from the words through what was found, and back. */
function step(event: KeyboardEvent, results: HTMLElement | null): void {
  const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  const from = event.target as HTMLElement;
  if (by === 0 || results === null || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
  const hits = [...results.querySelectorAll<HTMLElement>("a[data-hit]")];
  const at = hits.indexOf(from);
  const isFromWords = from instanceof HTMLInputElement;
  if (at === -1 && !(isFromWords && by === 1)) return;
  const next = at + by < 0 ? event.currentTarget.querySelector<HTMLElement>("input[type=search]") : hits[at + by];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
