// What the host lends to the realm: functions that take and give primitives only, so that no host object can
// be reached from workflow code. They never throw, since an error of the host would be such an object.

export interface RealmHost {
  /**
   * Parses `href` against `base` (WHATWG URL), then assigns `value` to `property` if one is named, as the URL
   * setters do. Answers JSON of a `UrlParts`, or undefined where `href` is no URL.
   */
  urlParse(href: string, base?: string, property?: string, value?: string): string | undefined;
}

let current: RealmHost | undefined;

export const setHost = (host: RealmHost): void => {
  current = host;
};

export function realmHost(): RealmHost {
  if (current === undefined) throw new TypeError("the realm has no host: installRealm() was not called");
  return current;
}
