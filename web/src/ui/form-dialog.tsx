import { type FormEvent, type ReactNode, useState } from "react";
import { useAction } from "./action";
import { Button } from "./button";
import { Dialog, DialogBody, DialogFooter } from "./dialog";
import { Field } from "./field";

interface NameDialogProps {
  title: string;
  description?: ReactNode;
  label: string;
  field: string;
  action: string;
  initial?: string;
  placeholder?: string;
  hint?: ReactNode;
  isOpen: boolean;
  onClose: () => void;
  onSubmit: (value: string) => Promise<unknown>;
}

/** Ask for one name: of a project, an agent, a token, a session. */
export function NameDialog(props: NameDialogProps) {
  return (
    <Dialog title={props.title} description={props.description} isOpen={props.isOpen} onClose={props.onClose}>
      <NameForm {...props} />
    </Dialog>
  );
}

function NameForm({ label, field, action, initial, placeholder, hint, onClose, onSubmit }: NameDialogProps) {
  const [value, setValue] = useState(initial ?? "");
  const state = useAction([field]);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await state.run(() => onSubmit(value.trim()))) onClose();
  };
  return (
    <form onSubmit={submit} className="flex min-h-0 flex-1 flex-col">
      <DialogBody>
        <Field
          label={label}
          value={value}
          onChange={(event) => setValue(event.target.value)}
          placeholder={placeholder}
          hint={hint}
          error={state.fieldError(field) ?? state.error}
          maxLength={200}
          autoComplete="off"
          required
        />
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" isBusy={state.isBusy} disabled={value.trim() === ""}>
          {action}
        </Button>
      </DialogFooter>
    </form>
  );
}
