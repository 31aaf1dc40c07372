// Private names: `#x` of one evaluation of a class. Owns which private fields, methods and accessors an object has and
// their values; class.ts says what a name stands for. Native private fields cannot be enumerated or put back, these can.
//
// I1. An object's private elements are a shape (the names, in order of addition) and one value for each; objects of one
//     class share their shapes. Methods and accessors take a place in the shape and no value.
// I2. Messages are V8's.
import { SafeMap } from "./pristine.js";
import { Carrier } from "./stamp.js";

class Shape {
  readonly names: readonly PrivateName[];
  private readonly places = new SafeMap<PrivateName, number>();
  private readonly next = new SafeMap<PrivateName, Shape>();

  constructor(names: readonly PrivateName[]) {
    this.names = names;
    for (let i = 0; i < names.length; i++) this.places.set(names[i] as PrivateName, i);
  }

  /** The value's place, or -1. */
  place(name: PrivateName): number {
    if (name.shape === this) return name.place;
    const place = this.places.get(name);
    if (place === undefined) return -1;
    name.shape = this;
    name.place = place;
    return place;
  }

  with(name: PrivateName): Shape {
    let next = this.next.get(name);
    if (next === undefined) {
      const names: PrivateName[] = [];
      for (let i = 0; i < this.names.length; i++) names[i] = this.names[i] as PrivateName;
      names[names.length] = name;
      next = new Shape(names);
      this.next.set(name, next);
    }
    return next;
  }
}

const EMPTY = new Shape([]);

/** What `#x` stands for. */
export type PrivateKind = "field" | "method" | "accessor";

export class PrivateName {
  readonly description: string;
  kind: PrivateKind = "field";
  isStatic = false;
  /** The class's name, for messages. */
  owner = "anonymous";
  method: unknown = undefined;
  get: unknown = undefined;
  set: unknown = undefined;
  /** Where the name was found last. */
  shape: Shape | undefined = undefined;
  place = 0;

  constructor(description: string) {
    this.description = description;
  }
}

/** The private elements of one object. */
class Elements {
  shape: Shape = EMPTY;
  values: unknown[] = [];
}

class ElementsStamp extends Carrier {
  #elements: Elements;
  constructor(object: object, elements: Elements) {
    super(object);
    this.#elements = elements;
  }
  static of(object: object): Elements | undefined {
    return #elements in object ? object.#elements : undefined;
  }
}

const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";

function ensureElements(object: object): Elements {
  let elements = ElementsStamp.of(object);
  if (elements === undefined) {
    elements = new Elements();
    new ElementsStamp(object, elements);
  }
  return elements;
}

function has(value: unknown, name: PrivateName): value is object {
  if (!isObject(value)) return false;
  const elements = ElementsStamp.of(value);
  return elements !== undefined && elements.shape.place(name) >= 0;
}

function add(elements: Elements, name: PrivateName, value: unknown): void {
  elements.values[elements.shape.names.length] = value;
  elements.shape = elements.shape.with(name);
}

/** `_k.priv("x")` for `#x`. */
export function priv(description: string): PrivateName {
  return new PrivateName(description[0] === "#" ? description.slice(1) : description);
}

/** Adds a field. */
export function pinit<V>(object: object, name: PrivateName, value: V): V {
  const elements = ensureElements(object);
  if (elements.shape.place(name) >= 0) {
    throw new TypeError(`Cannot initialize #${name.description} twice on the same object`);
  }
  add(elements, name, value);
  return value;
}

/** Adds a class's private methods and accessors to an instance (static ones: to the class). */
export function pbrand(object: object, names: readonly PrivateName[]): void {
  const elements = ensureElements(object);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as PrivateName;
    if (elements.shape.place(name) >= 0) {
      throw new TypeError(`Cannot initialize private methods of class ${name.owner} twice on the same object`);
    }
    add(elements, name, undefined);
  }
}

export function pget(object: unknown, name: PrivateName): unknown {
  if (isObject(object)) {
    const elements = ElementsStamp.of(object);
    const place = elements === undefined ? -1 : elements.shape.place(name);
    if (place >= 0) {
      if (name.kind === "field") return (elements as Elements).values[place];
      if (name.kind === "method") return name.method;
      if (name.get === undefined) throw new TypeError(`'#${name.description}' was defined without a getter`);
      return Reflect.apply(name.get as () => unknown, object, []);
    }
  }
  if (name.kind !== "field") throw wrongReceiver(object, name, "read");
  if (object === undefined || object === null) {
    throw new TypeError(`Cannot read properties of ${object} (reading '#${name.description}')`);
  }
  throw new TypeError(`Cannot read private member #${name.description} from an object whose class did not declare it`);
}

export function pset<V>(object: unknown, name: PrivateName, value: V): V {
  if (has(object, name)) {
    if (name.kind === "field") {
      const elements = ElementsStamp.of(object) as Elements;
      elements.values[elements.shape.place(name)] = value;
      return value;
    }
    if (name.kind === "method") throw new TypeError(`Private method '#${name.description}' is not writable`);
    if (name.set === undefined) throw new TypeError(`'#${name.description}' was defined without a setter`);
    Reflect.apply(name.set as (value: V) => void, object, [value]);
    return value;
  }
  if (name.kind === "method") throw new TypeError(`Private method '#${name.description}' is not writable`);
  if (name.kind === "accessor") throw wrongReceiver(object, name, "set");
  if (object === undefined || object === null) {
    throw new TypeError(`Cannot set properties of ${object} (setting '#${name.description}')`);
  }
  throw new TypeError(`Cannot write private member #${name.description} to an object whose class did not declare it`);
}

/** `#x in object`. */
export function phas(object: unknown, name: PrivateName): boolean {
  if (!isObject(object)) {
    throw new TypeError(`Cannot use 'in' operator to search for '#${name.description}' in ${String(object)}`);
  }
  return has(object, name);
}

function wrongReceiver(object: unknown, name: PrivateName, action: "read" | "set"): TypeError {
  if (object === undefined || object === null) {
    const doing = action === "read" ? "reading" : "setting";
    return new TypeError(`Cannot ${action} properties of ${object} (${doing} '${name.owner}')`);
  }
  return new TypeError(`Receiver must be ${name.isStatic ? "" : "an instance of "}class ${name.owner}`);
}

/** The private names an object carries and their values, for codec and image; undefined if there are none. */
export function privateElements(
  object: object,
): { readonly names: readonly PrivateName[]; readonly values: unknown[] } | undefined {
  const elements = ElementsStamp.of(object);
  return elements === undefined ? undefined : { names: elements.shape.names, values: elements.values };
}

/** Puts private elements back, whatever the object had. */
export function setPrivateElements(object: object, names: readonly PrivateName[], values: readonly unknown[]): void {
  const elements = ensureElements(object);
  elements.shape = EMPTY;
  elements.values = [];
  for (let i = 0; i < names.length; i++) add(elements, names[i] as PrivateName, values[i]);
}
