import _, {
  chain,
  cloneDeep,
  curry,
  debounce,
  flow,
  get,
  groupBy,
  memoize,
  merge,
  once,
  partial,
  template,
  zipObjectDeep,
} from "lodash-es";
import { ask, log } from "../support.js";

export { manifest } from "../support.js";

export default async function main() {
  let calls = 0;
  const slow = memoize((n: number) => {
    calls++;
    return n * 2;
  });
  const add = curry((a: number, b: number, c: number) => a + b + c);
  const addOne = add(1);
  const first = once(() => ++calls * 100);
  const inc = partial((a: number, b: number) => a + b, 1);
  const pipeline = flow(inc, (x: number) => x * 2, String);
  slow(2);
  log(first());
  await ask("functions made by lodash are held");
  log(slow(2), slow(3), calls, slow.cache.has(3), addOne(2)(3), addOne(2, 4), first(), pipeline(4));
  const people = [
    { n: "Ann", a: 30 },
    { n: "Bob", a: 25 },
    { n: "Cy", a: 30 },
  ];
  const wrapped = chain(people)
    .groupBy("a")
    .mapValues((list) => _.map(list, "n"));
  const lazy = _(people)
    .map((p) => p.a)
    .filter((a) => a > 26);
  await ask("a wrapper is held");
  log(wrapped.value(), lazy.reverse().value(), _.size(groupBy(people, "n")));
  const source: Record<string, unknown> = {
    d: new Date(0),
    m: new Map([["k", { deep: Array(3) }]]),
    r: /x/gi,
    t: new Uint8Array([1, 2]),
  };
  source.self = source;
  const copy = cloneDeep(source);
  await ask("a copy is held");
  log(
    copy.self === copy,
    copy.m !== source.m,
    (copy.m as Map<string, unknown>).get("k"),
    String(copy.r),
    (copy.t as Uint8Array)[1],
    (copy.d as Date).getTime(),
  );
  log(get(merge({ a: { b: 1 } }, { a: { c: [2] } }), "a.c[0]"), zipObjectDeep(["a.b[0].c", "a.b[1].d"], [1, 2]));
  const again = _.sortBy(people, ["a", "n"]);
  const iteratee = _.matches({ a: 30 });
  const property = _.property("n");
  await ask("iteratees are held");
  log(again.map(property), people.filter(iteratee).length, typeof debounce, typeof template);
  const spy = _.after(2, () => "after");
  const neg = _.negate(_.isEmpty);
  const over = _.over([Math.max, Math.min]);
  await ask();
  log(
    spy(),
    spy(),
    neg([1]),
    over(1, 2, 3),
    _.isEqual(copy, source),
    _.bind(
      function (this: { x: number }) {
        return this.x;
      },
      { x: 5 },
    )(),
  );
}
