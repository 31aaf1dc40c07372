// A text with replacements at positions of the original.

export class Edits {
  #list = [];

  constructor(text) {
    this.text = text;
  }

  replace(start, end, text) {
    this.#list.push({ start, end, text });
  }

  insert(at, text) {
    this.replace(at, at, text);
  }

  toString() {
    let out = "";
    let from = 0;
    for (const { start, end, text } of this.#list.sort((a, b) => a.start - b.start || a.end - b.end)) {
      out += this.text.slice(from, start) + text;
      from = end;
    }
    return out + this.text.slice(from);
  }
}
