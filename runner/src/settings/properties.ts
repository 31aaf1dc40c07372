// Files in the style of Java's properties: `key=value`, `key: value` or `key value`, `#` and `!` begin comments, a backslash at the end of
// a line continues it, `\n`, `\t` and `\uXXXX` are escapes.

export function parseProperties(text: string): Map<string, string> {
  const found = new Map<string, string>();
  const lines = text.split(/\r\n|\n|\r/);
  for (let i = 0; i < lines.length; i++) {
    let line = lines[i]!.trimStart();
    if (line === "" || line.startsWith("#") || line.startsWith("!")) continue;
    while (/(?:^|[^\\])(?:\\\\)*\\$/.test(line)) line = line.slice(0, -1) + (lines[++i] ?? "").trimStart();
    const [, key = "", value = ""] = /^((?:\\.|[^\\=:\s])*)\s*[=:]?\s*(.*)$/s.exec(line) ?? [];
    found.set(unescaped(key), unescaped(value).trimEnd());
  }
  return found;
}

function unescaped(text: string): string {
  return text.replace(/\\(u([0-9a-fA-F]{4})|.)/gs, (_, one: string, code: string | undefined) => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    return ({ n: "\n", t: "\t", r: "\r", f: "\f" } as Record<string, string>)[one] ?? one;
  });
}
