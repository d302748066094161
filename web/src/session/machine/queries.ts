import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { files, listDirectory } from "../../api/resources";
import type { FileChunk } from "../../api/types";
import { fromBase64 } from "./content";

const MOST_IMAGE_BYTES = 8 * 1024 * 1024;

/** Everything that was asked of the files of a machine. */
export const filesOf = (agentId: string) => ["files", agentId] as const;

/** What is in a directory, piece by piece; the machine's default one where no path is given. */
export const directoryQuery = (agentId: string, path: string | undefined) =>
  infiniteQueryOptions({
    queryKey: [...filesOf(agentId), "directory", path],
    queryFn: ({ pageParam, signal }) => listDirectory(agentId, path, signal, pageParam),
    initialPageParam: 0,
    getNextPageParam: ({ more }, pages) =>
      more ? pages.reduce((sum, { entries }) => sum + entries.length, 0) : undefined,
    retry: false,
  });

/** The beginning of a file. */
export const fileQuery = (agentId: string, path: string) =>
  queryOptions({
    queryKey: [...filesOf(agentId), "file", path],
    queryFn: ({ signal }) => files.read(agentId, path, 0, signal),
    retry: false,
  });

/** All of an image; null where it is too large to be shown. */
export const imageQuery = (agentId: string, first: FileChunk, type: string) =>
  queryOptions({
    queryKey: [...filesOf(agentId), "image", first.path, first.version, first.modified_ms],
    queryFn: async ({ signal }) => {
      if (first.size > MOST_IMAGE_BYTES) return null;
      const pieces = [fromBase64(first.content)];
      for (let at = pieces[0]?.length ?? 0; at < first.size; ) {
        const piece = fromBase64((await files.read(agentId, first.path, at, signal)).content);
        if (piece.length === 0) break;
        pieces.push(piece);
        at += piece.length;
      }
      return new Blob(pieces, { type });
    },
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
