import * as t from "@babel/types";
import type { Diagnostic } from "./diagnostic.js";
import type { OriginalPositions } from "./original-position.js";
import type { Analysis, Binding } from "./scope/model.js";
import { walk } from "./walk.js";

/** Topics that every workflow may write to. */
const ALWAYS = new Set(["workflow-resume", "workflow-scheduler"]);

/**
 * `W.output(value, "topic")` to a topic that neither the manifest nor module code declares. Judged only where both are literals; the step
 * itself judges the rest. `manifest` is the variable that holds it.
 */
export function checkOutputTopics(
  program: t.Program,
  analysis: Analysis,
  positions: OriginalPositions,
  manifest: string | undefined,
): Diagnostic[] {
  const constants = constantValues(program, analysis);
  const topBindings = analysis.program.scope.bindings;
  const inManifest = declaredTopics(manifest, topBindings, constants);
  const literal = (node: t.Node): string | undefined => {
    if (t.isStringLiteral(node)) return node.value;
    if (t.isTemplateLiteral(node) && node.expressions.length === 0) return node.quasis[0]?.value.cooked ?? undefined;
    const binding = t.isIdentifier(node) ? analysis.referenceOf.get(node)?.binding : undefined;
    const value = binding === undefined ? undefined : constants.get(binding);
    return t.isStringLiteral(value) ? value.value : undefined;
  };
  const inCode = topicsDeclaredInCode(program, analysis, literal);
  if (inManifest === undefined || inCode === undefined) return [];
  const declared = new Set([...inManifest, ...inCode]);
  const outputs = apiFunctions(program, topBindings, ["output", "outputJSON"]);

  const errors: Diagnostic[] = [];
  walk(program, (node) => {
    if (!t.isCallExpression(node)) return;
    const callee = analysis.referenceOf.get(node.callee)?.binding;
    const argument = node.arguments[1];
    if (callee === undefined || !outputs.has(callee) || argument === undefined) return;
    const topic = literal(argument);
    if (topic === undefined || declared.has(topic) || ALWAYS.has(topic)) return;
    const list = [...inManifest, topic].map((name) => JSON.stringify(name)).join(", ");
    errors.push({
      code: "undeclared-topic",
      message: `topic "${topic}" is not declared in the manifest`,
      ...positions.find(argument.loc?.start.line, argument.loc?.start.column),
      length: (argument.end ?? 0) - (argument.start ?? 0),
      hint: `declare it: export const manifest = { outputTopics: [${list}] }`,
    });
  });
  return errors;
}

/** Variables with an initial value that nothing assigns to afterwards. */
function constantValues(program: t.Program, { referenceOf }: Analysis): Map<Binding, t.Node> {
  const values = new Map<Binding, t.Node>();
  const assigned = new Set<Binding>();
  const assign = (target: t.Node): void => {
    for (const name of Object.values(t.getBindingIdentifiers(target, true)).flat()) {
      const binding = referenceOf.get(name)?.binding;
      if (binding !== undefined) assigned.add(binding);
    }
  };
  walk(program, (node) => {
    if (t.isVariableDeclarator(node)) {
      const binding = t.isIdentifier(node.id) ? referenceOf.get(node.id)?.binding : undefined;
      if (binding !== undefined && node.init != null && !values.has(binding)) values.set(binding, node.init);
    } else if (t.isAssignmentExpression(node)) assign(node.left);
    else if (t.isUpdateExpression(node)) assign(node.argument);
    else if ((t.isForOfStatement(node) || t.isForInStatement(node)) && !t.isVariableDeclaration(node.left))
      assign(node.left);
  });
  for (const binding of assigned) values.delete(binding);
  return values;
}

/** The variables that hold these: the pattern with which the module of `@kwf/workflow` takes its API apart. */
function apiFunctions(
  program: t.Program,
  bindings: ReadonlyMap<string, Binding>,
  names: readonly string[],
): Set<Binding> {
  const found = new Set<Binding>();
  for (const statement of program.body) {
    if (!t.isVariableDeclaration(statement)) continue;
    for (const { id, init } of statement.declarations) {
      const isApi =
        t.isMemberExpression(init) &&
        t.isIdentifier(init.object, { name: "_k" }) &&
        t.isIdentifier(init.property, { name: "api" });
      if (!isApi || !t.isObjectPattern(id)) continue;
      for (const property of id.properties) {
        if (!t.isObjectProperty(property) || !t.isIdentifier(property.key) || !t.isIdentifier(property.value)) continue;
        const binding = bindings.get(property.value.name);
        if (names.includes(property.key.name) && binding !== undefined) found.add(binding);
      }
    }
  }
  return found;
}

/**
 * The topics that reach `declareTopic`, by itself or through a function that passes its first parameter on, such as `topic` of
 * @kwf/patterns. Undefined where one is computed.
 */
function topicsDeclaredInCode(
  program: t.Program,
  analysis: Analysis,
  literal: (node: t.Node) => string | undefined,
): Set<string> | undefined {
  const bindings = analysis.program.scope.bindings;
  const declaring = apiFunctions(program, bindings, ["declareTopic"]);
  const passedOn = new Set<t.Node>();
  const callee = (node: t.Node): Binding | undefined =>
    t.isCallExpression(node) ? analysis.referenceOf.get(node.callee)?.binding : undefined;
  for (const statement of program.body) {
    const [parameter] = t.isFunctionDeclaration(statement) ? statement.params : [];
    if (!t.isFunctionDeclaration(statement) || !t.isIdentifier(parameter)) continue;
    const own = bindings.get(statement.id?.name ?? "");
    walk(statement.body, (node) => {
      const by = callee(node);
      if (by === undefined || !declaring.has(by) || own === undefined) return;
      const [argument] = (node as t.CallExpression).arguments;
      if (!t.isIdentifier(argument, { name: parameter.name })) return;
      passedOn.add(node);
      declaring.add(own);
    });
  }
  const topics = new Set<string>();
  let computed = false;
  walk(program, (node) => {
    const by = callee(node);
    if (by === undefined || !declaring.has(by) || passedOn.has(node)) return;
    const [argument] = (node as t.CallExpression).arguments;
    const topic = argument === undefined ? undefined : literal(argument);
    if (topic === undefined) computed = true;
    else topics.add(topic);
  });
  return computed ? undefined : topics;
}

/** The topics of a literal manifest; none at all without a manifest; undefined where they are computed. */
function declaredTopics(
  manifest: string | undefined,
  bindings: ReadonlyMap<string, Binding>,
  constants: ReadonlyMap<Binding, t.Node>,
): Set<string> | undefined {
  if (manifest === undefined) return new Set();
  const binding = bindings.get(manifest);
  const value = binding === undefined ? undefined : constants.get(binding);
  if (!t.isObjectExpression(value)) return undefined;
  let topics: t.Node | undefined;
  for (const property of value.properties) {
    if (t.isSpreadElement(property) || property.computed) return undefined;
    const isTopics =
      t.isIdentifier(property.key, { name: "outputTopics" }) ||
      t.isStringLiteral(property.key, { value: "outputTopics" });
    if (isTopics) topics = t.isObjectProperty(property) ? property.value : property;
  }
  if (topics === undefined) return new Set();
  const names = stringList(topics);
  return names === undefined ? undefined : new Set(names);
}

/** The strings of a literal array, spread literal arrays included; undefined where one is computed. */
function stringList(node: t.Node): string[] | undefined {
  if (!t.isArrayExpression(node)) return undefined;
  const names: string[] = [];
  for (const element of node.elements) {
    const found = t.isStringLiteral(element)
      ? [element.value]
      : t.isSpreadElement(element)
        ? stringList(element.argument)
        : undefined;
    if (found === undefined) return undefined;
    names.push(...found);
  }
  return names;
}
