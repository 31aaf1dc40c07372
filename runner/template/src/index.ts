import { sleep, topic } from "@kwf/patterns";
import * as W from "@kwf/workflow";

export const manifest: W.Manifest = {
  name: "signup",
  // A mistake in this file (a TypeError, say) pauses a thread where it was. Without this line, the thread ends with the error.
  onError: "bugs",
};

export interface Signup {
  email: string;
  /** How long to wait before the reminder, and again after it. */
  patienceMS?: number;
}

export interface Mail {
  to: string;
  template: "confirm" | "reminder";
  /** Where the answer goes: a record for this thread that names this ref, on `workflow-resume`. */
  thread: string;
  ref: string;
}

/** A topic: another service reads it and sends the mails. */
export const mails = topic<Mail>("signup-mails");

/** Waits until an address is confirmed; reminds once. */
export default async function signup({ email, patienceMS = 24 * 60 * 60 * 1000 }: Signup) {
  for (const template of ["confirm", "reminder"] as const) {
    const click = W.refId<{ name: string }>("click");
    mails.send({ to: email, template, thread: W.threadId, ref: click.id });
    const clicked = await Promise.race([click, sleep(patienceMS)]); // a day, through any restart
    if (clicked) return { status: "confirmed", email, name: clicked.name, after: template };
  }
  return { status: "abandoned", email };
}
