import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, Download } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { explain } from "../../api/http";
import { files } from "../../api/resources";
import type { FileChunk } from "../../api/types";
import { Button, buttonClass, IconButton } from "../../ui/button";
import { CopyIcon } from "../../ui/copy";
import { Empty, Failure, Skeleton } from "../../ui/empty";
import { bytes, fullTime } from "../../ui/format";
import { visible } from "../../ui/visible";
import { Code } from "../markdown/code";
import { languageOf } from "../markdown/highlight-names";
import { fromBase64, imageTypeOf, nameOf, textOf } from "./content";
import { fileQuery, imageQuery } from "./queries";

interface FileViewProps {
  agentId: string;
  path: string;
  onClose: () => void;
}

/** One file, to be read and taken away. */
export function FileView({ agentId, path, onClose }: FileViewProps) {
  const { data, error, refetch } = useQuery(fileQuery(agentId, path));
  const back = useRef<HTMLButtonElement>(null);
  useEffect(() => back.current?.focus(), []); // the row that was pressed is out of sight
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex shrink-0 items-center gap-2 border-b border-line px-3 py-2">
        <IconButton label="Back to the files" onClick={onClose} ref={back}>
          <ChevronLeft aria-hidden />
        </IconButton>
        <h2 className="min-w-0 flex-1 truncate font-mono text-xs [unicode-bidi:plaintext]" title={visible(path)}>
          {visible(nameOf(path))}
        </h2>
        {data?.is_text && <CopyIcon text={() => textOf(data.content)} label="Copy what is shown" />}
        <a href={files.downloadUrl(agentId, path)} download className={buttonClass("secondary", "small")}>
          <Download aria-hidden className="size-3.5" />
          Download
        </a>
      </div>
      {data !== undefined ? (
        <>
          <p className="shrink-0 border-b border-line px-3 py-1 text-2xs text-ink-3">
            {bytes(data.size)} · changed {fullTime(data.modified_ms)}
          </p>
          <Content agentId={agentId} chunk={data} />
        </>
      ) : error === null ? (
        <Skeleton />
      ) : (
        <Failure
          title="The file cannot be shown"
          message={explain(error)}
          action={<Button onClick={() => void refetch()}>Try again</Button>}
        />
      )}
    </div>
  );
}

function Content({ agentId, chunk }: { agentId: string; chunk: FileChunk }) {
  const imageType = imageTypeOf(chunk.path);
  if (chunk.size === 0) return <Empty title="The file is empty">There is nothing in it to show.</Empty>;
  if (!chunk.is_text)
    return imageType === null ? <NoText /> : <Picture agentId={agentId} chunk={chunk} type={imageType} />;
  return <Text chunk={chunk} />;
}

function Text({ chunk }: { chunk: FileChunk }) {
  const text = useMemo(() => textOf(chunk.content), [chunk.content]);
  const isCut = chunk.size > fromBase64(chunk.content).length;
  return (
    <>
      <Code
        code={text}
        language={languageOf(chunk.path)}
        label={`Content of ${visible(nameOf(chunk.path))}`}
        className="min-h-0 flex-1"
      />
      {isCut && (
        <p className="shrink-0 border-t border-line px-3 py-1.5 text-xs text-ink-3">
          This is its beginning. Download it to see the rest.
        </p>
      )}
    </>
  );
}

function Picture({ agentId, chunk, type }: { agentId: string; chunk: FileChunk; type: string }) {
  const { data: blob, error } = useQuery(imageQuery(agentId, chunk, type));
  const [isBroken, setBroken] = useState(false);
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (blob === undefined || blob === null) return;
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  if (error !== null) return <Failure title="The image cannot be shown" message={explain(error)} />;
  if (blob === null || isBroken) return <NoText />;
  if (url === null) return <Skeleton />;
  return (
    <div className="thin-scroll flex min-h-0 flex-1 items-center justify-center overflow-auto p-4">
      <img
        src={url}
        alt={visible(nameOf(chunk.path))}
        onError={() => setBroken(true)}
        className="max-h-full max-w-full object-contain"
      />
    </div>
  );
}

function NoText() {
  return <Empty title="This file is not text">Download it to open it with a program of yours.</Empty>;
}
