// What the agent and the world around it say to each other. Both sides import it: index.ts asks, outside/services.ts answers.
import { type Topic, topic } from "@kwf/patterns";
import * as v from "valibot";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const toolCall = v.object({ id: v.string(), tool: v.string(), input: v.unknown() });
export type ToolCall = v.InferOutput<typeof toolCall>;

const haveOneIdEach = (calls: ToolCall[]): boolean => new Set(calls.map(({ id }) => id)).size === calls.length;

const modelReply = v.object({
  text: v.string(),
  /** None: the text is the answer. */
  calls: v.pipe(v.array(toolCall), v.maxLength(8), v.check(haveOneIdEach, "two calls have the same id")),
  usage: v.object({ tokens: count, microdollars: count }),
});
export type ModelReply = v.InferOutput<typeof modelReply>;

export type Message =
  | { role: "user"; text: string }
  | { role: "assistant"; text: string; calls: ToolCall[] }
  | { role: "tool"; call: string; result?: unknown; error?: unknown };

export interface ModelRequest {
  conversation: Message[];
  maxTokens: number;
}

export const model = topic<ModelRequest, ModelReply>("ai-agent-model", { reply: modelReply });

/** A tool is a topic, and what the model has to know of it. */
export interface Tool {
  name: string;
  description: string;
  input: v.GenericSchema;
  /** A person has to approve of each use. */
  dangerous: boolean;
  requests: Topic;
}

function tool<Input>(name: string, description: string, input: v.GenericSchema<Input>, dangerous = false) {
  return { name, description, input, dangerous, requests: topic(`ai-agent-tool-${name}`, { request: input }) };
}

export const findOrder = tool(
  "find-order",
  "Finds an order: what was bought, for how much, and the number of its parcel.",
  v.object({ order: v.string() }),
);
export const trackParcel = tool(
  "track-parcel",
  "Says where the parcel of an order was seen last.",
  v.object({ order: v.string() }),
);
export const refund = tool(
  "refund",
  "Pays an order back, in part or in full.",
  v.object({ order: v.string(), cents: v.pipe(v.number(), v.integer(), v.minValue(1)) }),
  true,
);
export const tools: readonly Tool[] = [findOrder, trackParcel, refund];

const approval = v.object({ approved: v.boolean(), by: v.string(), comment: v.optional(v.string()) });

/** Asks a person whether a dangerous tool may be used. */
export const approvals = topic<{ task: string; call: ToolCall }, v.InferOutput<typeof approval>>("ai-agent-approval", {
  reply: approval,
});

/** Nobody waits for this call any more: neither for its approval nor for its result. */
export const withdrawals = topic<{ call: string }>("ai-agent-withdrawn");

export interface Budget {
  /** How often the model may be asked. */
  turns: number;
  tokens: number;
  /** What the model costs. */
  microdollars: number;
}

/** A decision: whose it was, and what was decided. */
export type Decision =
  | { type: "accepted"; task: string; budget: Budget }
  | { type: "replied"; text: string; calls: ToolCall[]; spent: Budget }
  | { type: "reply-unusable"; error: string; spent: Budget }
  | { type: "approval-asked"; call: string }
  | { type: "approved"; call: string; by: string; comment: string | undefined }
  | { type: "refused"; call: string; by: string; comment: string | undefined }
  | { type: "tool-used"; call: string }
  | { type: "tool-answered"; call: string; result: unknown }
  | { type: "tool-failed"; call: string; error: unknown }
  | { type: "answered"; answer: string }
  | { type: "out-of-budget"; limit: keyof Budget }
  | { type: "failed"; error: string }
  | { type: "cancelled"; reason: string };

/** Every decision of every agent, numbered within each. */
export const audit = topic<{ entry: number } & Decision>("ai-agent-audit");
