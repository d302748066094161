import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link2, UserPlus, X } from "lucide-react";
import { type FormEvent, useState } from "react";
import { explain } from "../api/http";
import { invitationsQuery, keys, membersQuery, meQuery, projects } from "../api/resources";
import type { Member, NewInvitation, Project, Role } from "../api/types";
import { useAction } from "../ui/action";
import { Badge } from "../ui/badge";
import { Button, IconButton } from "../ui/button";
import { Choice } from "../ui/choice";
import { CopyBox } from "../ui/copy";
import { Confirm, Dialog, DialogBody, DialogFooter } from "../ui/dialog";
import { Failure, Skeleton } from "../ui/empty";
import { until } from "../ui/format";
import { useNow } from "../ui/time";
import { attempt, tell } from "../ui/toast";

const ROLES: readonly { value: Role; label: string; description: string }[] = [
  { value: "viewer", label: "Viewer", description: "Reads sessions" },
  { value: "operator", label: "Operator", description: "Starts sessions, commands them, answers requests" },
  { value: "owner", label: "Owner", description: "Also manages agents and people" },
];

/** Who belongs to a project, and who is invited. */
export function ProjectPeople({ project }: { project: Project }) {
  const isOwner = project.role === "owner";
  const { data: members, error, refetch } = useQuery(membersQuery(project.id));
  const [isInviting, setInviting] = useState(false);
  return (
    <div className="mx-auto w-full max-w-3xl px-3 py-4 md:px-5">
      <div className="mb-3 flex items-center gap-3">
        <p className="flex-1 text-sm text-ink-2">People see this project's sessions; what they may do is their role.</p>
        {isOwner && (
          <Button look="primary" icon={<UserPlus aria-hidden className="size-4" />} onClick={() => setInviting(true)}>
            Invite
          </Button>
        )}
      </div>
      {members === undefined && error === null && <Skeleton rows={2} />}
      {error !== null && (
        <Failure
          title="The members could not be loaded"
          message={explain(error)}
          action={<Button onClick={() => void refetch()}>Try again</Button>}
        />
      )}
      {members !== undefined && (
        <ul className="divide-y divide-line rounded-xl border border-line bg-surface">
          {members.map((member) => (
            <MemberRow key={member.user_id} member={member} project={project} />
          ))}
        </ul>
      )}
      {isOwner && <Invitations project={project} />}
      <InviteDialog project={project} isOpen={isInviting} onClose={() => setInviting(false)} />
    </div>
  );
}

function MemberRow({ member, project }: { member: Member; project: Project }) {
  const client = useQueryClient();
  const { data: me } = useQuery(meQuery);
  const [isRemoving, setRemoving] = useState(false);
  const isMe = member.user_id === me?.id;
  const refresh = () => client.invalidateQueries({ queryKey: keys.members(project.id) });
  return (
    <li className="flex items-center gap-3 px-4 py-2.5">
      <span className="min-w-0 flex-1 truncate font-medium">
        {member.username} {isMe && <span className="font-normal text-ink-3">(you)</span>}
      </span>
      {project.role === "owner" && !isMe ? (
        <>
          <Choice
            isCompact
            label={`Role of ${member.username}`}
            value={member.role}
            options={ROLES}
            onChange={async (role) => {
              await attempt("The role was not changed", () => projects.changeMember(project.id, member.user_id, role));
              await refresh();
            }}
          />
          <IconButton label={`Remove ${member.username}`} onClick={() => setRemoving(true)}>
            <X aria-hidden />
          </IconButton>
        </>
      ) : (
        <Badge>{member.role}</Badge>
      )}
      <Confirm
        title={`Remove ${member.username}?`}
        action="Remove"
        isOpen={isRemoving}
        onClose={() => setRemoving(false)}
        onConfirm={async () => {
          await projects.removeMember(project.id, member.user_id);
          await refresh();
        }}
      >
        They lose sight of this project at once. You can invite them again.
      </Confirm>
    </li>
  );
}

function Invitations({ project }: { project: Project }) {
  const client = useQueryClient();
  const { data: invitations } = useQuery(invitationsQuery(project.id));
  const now = useNow();
  if (!invitations?.length) return null;
  return (
    <section className="mt-6">
      <h2 className="mb-2 text-sm font-semibold">Open invitations</h2>
      <ul className="divide-y divide-line rounded-xl border border-line bg-surface">
        {invitations.map((invitation) => (
          <li key={invitation.id} className="flex items-center gap-3 px-4 py-2.5 text-sm">
            <Link2 aria-hidden className="size-4 text-ink-3" />
            <span className="flex-1">
              as {invitation.role} <span className="text-ink-3">· expires {until(invitation.expires_ms, now)}</span>
            </span>
            <Button
              size="small"
              onClick={async () => {
                const isDone = await attempt("The invitation was not withdrawn", () =>
                  projects.withdrawInvitation(project.id, invitation.id),
                );
                if (isDone) tell("The invitation is withdrawn.");
                await client.invalidateQueries({ queryKey: keys.invitations(project.id) });
              }}
            >
              Withdraw
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function InviteDialog({ project, isOpen, onClose }: { project: Project; isOpen: boolean; onClose: () => void }) {
  return (
    <Dialog
      title={`Invite to ${project.name}`}
      description="A link that one person can use once, to join with an account they have or make."
      isOpen={isOpen}
      onClose={onClose}
    >
      <InviteForm project={project} onClose={onClose} />
    </Dialog>
  );
}

function InviteForm({ project, onClose }: { project: Project; onClose: () => void }) {
  const client = useQueryClient();
  const [role, setRole] = useState<Role>("operator");
  const [invitation, setInvitation] = useState<NewInvitation | null>(null);
  const action = useAction();
  const create = async (event: FormEvent) => {
    event.preventDefault();
    await action.run(async () => {
      setInvitation(await projects.invite(project.id, role));
      await client.invalidateQueries({ queryKey: keys.invitations(project.id) });
    });
  };
  if (invitation !== null)
    return (
      <>
        <DialogBody>
          <CopyBox label="Invitation link" text={invitation.url} />
          <p className="text-sm text-ink-2">
            Send it to one person. It is shown only now, and expires {until(invitation.expires_ms, Date.now())}.
          </p>
        </DialogBody>
        <DialogFooter>
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        </DialogFooter>
      </>
    );
  return (
    <form onSubmit={create}>
      <DialogBody>
        <Choice
          label="Role"
          value={role}
          options={ROLES}
          onChange={setRole}
          hint={ROLES.find(({ value }) => value === role)?.description}
        />
        {action.error && (
          <p role="alert" className="text-sm text-bad">
            {action.error}
          </p>
        )}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" isBusy={action.isBusy}>
          Create link
        </Button>
      </DialogFooter>
    </form>
  );
}
