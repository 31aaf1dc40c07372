import { DOMException } from "./dom-exception.js";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Latin-1 text to base64. */
export function btoa(data: string): string {
  const text = `${data}`;
  let out = "";
  for (let i = 0; i < text.length; i += 3) {
    const [x, y, z] = [text.charCodeAt(i), text.charCodeAt(i + 1), text.charCodeAt(i + 2)];
    if (x > 255 || y > 255 || z > 255) throw new DOMException("Invalid character", "InvalidCharacterError");
    const bits = (x << 16) | (y << 8) | z; // NaN past the end counts as 0
    out += ALPHABET.charAt(bits >>> 18) + ALPHABET.charAt((bits >>> 12) & 63);
    out += i + 1 < text.length ? ALPHABET.charAt((bits >>> 6) & 63) : "=";
    out += i + 2 < text.length ? ALPHABET.charAt(bits & 63) : "=";
  }
  return out;
}

/** Base64 to latin-1 text: Infra's forgiving-base64 decode. */
export function atob(data: string): string {
  let text = `${data}`.replace(/[\t\n\f\r ]/g, "");
  if (text.length % 4 === 0) text = text.replace(/={1,2}$/, "");
  if (text.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(text)) {
    throw new DOMException("The string to be decoded is not correctly encoded.", "InvalidCharacterError");
  }
  let out = "";
  let bits = 0;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    bits = (bits << 6) | ALPHABET.indexOf(text.charAt(i));
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += String.fromCharCode((bits >>> count) & 255);
    }
  }
  return out;
}
