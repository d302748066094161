import { useState } from "react";
import { tell, tellFailure } from "../../ui/toast";
import { visible } from "../../ui/visible";
import { isTaken, upload } from "./upload";

interface Wanted {
  directory: string;
  file: File;
}

interface Under {
  name: string;
  /** From 0 to 1. */
  part: number;
}

export interface Uploads {
  /** What is being uploaded now. */
  under: readonly Under[];
  /** A file in whose place there is one already: people decide. */
  taken: Wanted | null;
  start(directory: string, files: readonly File[]): void;
  replace(): void;
  keep(): void;
}

/** Uploads of a machine, one file after the other; `onDone` is called after each. */
export function useUploads(agentId: string, onDone: () => void): Uploads {
  const [under, setUnder] = useState<readonly Under[]>([]);
  const [taken, setTaken] = useState<readonly Wanted[]>([]);

  const put = async ({ directory, file }: Wanted, overwrite: boolean) => {
    const tellPart = (part: number) =>
      setUnder((all) => all.map((each) => (each.name === file.name ? { ...each, part } : each)));
    setUnder((all) => [...all, { name: file.name, part: 0 }]);
    try {
      await upload(agentId, directory, file, { overwrite, onProgress: tellPart });
      tell(`${visible(file.name)} is uploaded.`);
      onDone();
    } catch (failure) {
      if (isTaken(failure)) setTaken((all) => [...all, { directory, file }]);
      else tellFailure(`${visible(file.name)} was not uploaded`, failure);
    } finally {
      setUnder((all) => all.filter(({ name }) => name !== file.name));
    }
  };
  const start = async (directory: string, files: readonly File[]) => {
    for (const file of files) await put({ directory, file }, false);
  };
  const first = taken[0] ?? null;
  const next = () => setTaken((all) => all.slice(1));
  return {
    under,
    taken: first,
    start: (directory, files) => void start(directory, files),
    replace: () => {
      if (first !== null) void put(first, true);
    },
    keep: next,
  };
}
