import { ImagePlus, X } from "lucide-react";
import { type ChangeEvent, type ClipboardEvent, type DragEvent, useEffect, useRef, useState } from "react";
import { IconButton } from "../ui/button";
import { plural } from "../ui/format";
import { type Attached, attached, MOST_BYTES, MOST_IMAGES, sourceOf } from "./image";
import { keep, recall } from "./kept";

export interface Attaching {
  images: readonly Attached[];
  /** Why they cannot be sent; null when they can. */
  fault: string | null;
  /** What could not be added; null when all was. */
  notice: string | null;
  isReading: boolean;
  add: (files: Iterable<File>) => void;
  put: (images: readonly Attached[]) => void;
  /** What an element takes images by: pasted into it, or dropped on it. */
  takes: {
    onPaste: (event: ClipboardEvent) => void;
    onDragOver: (event: DragEvent) => void;
    onDrop: (event: DragEvent) => void;
  };
}

/** The images of one draft, kept under `key` over a reload; without a key as long as it is shown. */
export function useAttaching(key?: string): Attaching {
  const [images, setImages] = useState<readonly Attached[]>([]);
  const [unread, setUnread] = useState<string | null>(null);
  const [reading, setReading] = useState(0);
  const now = useRef(images);
  const adding = useRef(Promise.resolve());
  const hold = (next: readonly Attached[]) => {
    now.current = next;
    setImages(next);
    if (key !== undefined) void keep(key, next);
  };
  const put = (next: readonly Attached[]) => {
    setUnread(null);
    hold(next);
  };
  useEffect(() => {
    let isGone = false;
    if (key !== undefined)
      void recall(key).then((found) => {
        if (isGone || found.length === 0 || now.current.length > 0) return;
        now.current = found;
        setImages(found);
      });
    return () => {
      isGone = true;
    };
  }, [key]);
  const add = (files: Iterable<File>) => {
    setUnread(null);
    for (const file of files) {
      setReading((count) => count + 1);
      adding.current = adding.current // one after the other: in their order, and one of them decoded at a time
        .then(async () => {
          const image = await attached(file);
          hold([...now.current, image]); // others may have come or gone meanwhile
        })
        .catch(() => setUnread(`${file.name || "This"} is no image that this browser can read.`))
        .finally(() => setReading((count) => count - 1));
    }
  };
  const takes: Attaching["takes"] = {
    onPaste: (event) => {
      const files = [...event.clipboardData.files].filter(({ type }) => type.startsWith("image/"));
      if (files.length === 0 || event.clipboardData.getData("text/plain") !== "") return;
      event.preventDefault();
      add(files);
    },
    onDragOver: (event) => {
      if (event.dataTransfer.types.includes("Files")) event.preventDefault();
    },
    onDrop: (event) => {
      if (event.dataTransfer.files.length === 0) return;
      event.preventDefault(); // else the browser leaves the page for the file
      add(event.dataTransfer.files);
    },
  };
  return { images, fault: excessOf(images), notice: unread, isReading: reading > 0, add, put, takes };
}

function excessOf(images: readonly Attached[]): string | null {
  if (images.length > MOST_IMAGES)
    return `These are ${plural(images.length, "image")}, and ${MOST_IMAGES} is the most that go with one prompt. Remove some.`;
  const bytes = images.reduce((sum, image) => sum + image.bytes, 0);
  if (bytes <= MOST_BYTES) return null;
  const [size, most] = [bytes, MOST_BYTES].map((count) => count.toLocaleString("en"));
  return `The images have ${size} bytes together, and ${most} is the most that can be sent. Remove some.`;
}

/** Choose images, or take one with the camera where there is one. */
export function AttachButton({
  onFiles,
  isDisabled,
}: {
  onFiles: (files: Iterable<File>) => void;
  isDisabled: boolean;
}) {
  const chooser = useRef<HTMLInputElement>(null);
  const onChange = (event: ChangeEvent<HTMLInputElement>) => {
    onFiles([...(event.target.files ?? [])]);
    event.target.value = "";
  };
  return (
    <>
      <input
        ref={chooser}
        type="file"
        accept="image/*"
        multiple
        hidden
        aria-label="Images"
        disabled={isDisabled}
        onChange={onChange}
      />
      <IconButton
        label="Add images"
        disabled={isDisabled}
        onClick={() => chooser.current?.click()}
        className="size-8 rounded-full"
      >
        <ImagePlus aria-hidden />
      </IconButton>
    </>
  );
}

/** The images that go with what is being written. */
export function AttachedList({ images, onChange }: { images: readonly Attached[]; onChange: Attaching["put"] }) {
  if (images.length === 0) return null;
  return (
    <ul aria-label="Images to send" className="flex flex-wrap gap-2 py-1.5">
      {images.map((image, at) => (
        <li key={image.id} className="relative">
          <img
            src={sourceOf(image)}
            alt={`To send, ${at + 1} of ${images.length}`}
            className="size-16 rounded-lg border border-line bg-sunken object-cover"
          />
          <button
            type="button"
            aria-label={`Remove image ${at + 1}`}
            onClick={() => onChange(images.filter(({ id }) => id !== image.id))}
            className="absolute -top-1.5 -right-1.5 flex size-6 items-center justify-center rounded-full border border-line-strong bg-raised text-ink-2 hover:text-ink"
          >
            <X aria-hidden className="size-3.5" />
          </button>
        </li>
      ))}
    </ul>
  );
}
