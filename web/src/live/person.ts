/** Who has signed in last in this browser: the cookie that goes with what any of its windows sends is theirs. */

const KEY = "claudios.person";

/** Write down for all windows who has signed in; null when somebody has signed out. */
export function noteEntered(person: string | null): void {
  try {
    localStorage.setItem(KEY, person ?? "");
  } catch {
    localStorage.removeItem(KEY); // no room: nobody can tell
  }
}

/** Who has signed in last and not out again, as far as this browser can tell. */
export function lastEntered(): string | null {
  return localStorage.getItem(KEY) || null;
}

/** Whether what is sent goes in the name of this person, as far as this browser can tell. */
export function isStillEntered(person: string): boolean {
  const last = localStorage.getItem(KEY);
  return last === null || last === person;
}
