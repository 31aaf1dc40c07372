import { sleep } from "@kwf/patterns";
import * as W from "@kwf/workflow";

export const manifest: W.Manifest = {
  name: "expense-approval",
  outputTopics: [
    ...["expense-approval-request", "expense-approval-reminder"],
    ...["expense-approval-approved", "expense-approval-rejected", "expense-approval-escalated"],
  ],
};

interface Expense {
  amount: number;
  requester: string;
  approverEmail: string;
  description?: string;
  /** How long the approver has before the reminder. */
  approvalTimeoutMS?: number;
  /** How long the approver has after it. */
  reminderTimeoutMS?: number;
}

interface Decision {
  type: "approve" | "reject";
  decidedBy: string;
  comment?: string;
}

/** Asks for a decision, reminds once, and escalates when none comes. */
export default async function approveExpense({ approvalTimeoutMS = 300, reminderTimeoutMS = 300, ...rest }: Expense) {
  const { amount, requester, approverEmail, description } = rest;
  const expense = { expenseId: W.threadId, amount, requester, approverEmail, description };

  async function decide(stage: "requested" | "reminded", topic: string, timeoutMS: number) {
    const decision = W.ref<Decision>(stage);
    W.outputJSON({ ...expense, decisionRef: decision.id, stage, timeoutMS }, topic);
    const made = await Promise.race([decision, sleep(timeoutMS)]);
    // What is neither is no decision.
    return made?.type === "approve" || made?.type === "reject" ? { ...made, stage } : undefined;
  }

  const decision =
    (await decide("requested", "expense-approval-request", approvalTimeoutMS)) ??
    (await decide("reminded", "expense-approval-reminder", reminderTimeoutMS));

  if (!decision) {
    const escalated = { status: "escalated", ...expense, stage: "reminded" };
    W.outputJSON(escalated, "expense-approval-escalated");
    return escalated;
  }
  const { type, stage, decidedBy, comment } = decision;
  const status = type === "approve" ? "approved" : "rejected";
  const decided = { status, ...expense, stage, decidedBy, comment };
  W.outputJSON(decided, `expense-approval-${status}`);
  return decided;
}
