/**
 * The arguments of a long-running program: `--config FILE`, and any key of its section as `--http.port 7443` or, as
 * commands take it, `--set http.port=7443`.
 */

/** What was given; `unknown` holds what is no flag. */
export interface ProgramArguments {
  readonly file?: string;
  /** Dotted keys with their values. */
  readonly flags: Readonly<Record<string, string>>;
  readonly unknown: readonly string[];
}

/** Reads `--key value` and `--key=value`. */
export function parseProgramArguments(args: readonly string[]): ProgramArguments {
  const flags: Record<string, string> = {};
  const unknown: string[] = [];
  let file: string | undefined;
  for (let at = 0; at < args.length; at++) {
    const [, key, inline] = /^--([A-Za-z][\w.]*)(?:=(.*))?$/s.exec(args[at]!) ?? [];
    const value = key === undefined ? undefined : (inline ?? args[++at]);
    if (key === undefined || value === undefined) unknown.push(args[at] ?? `--${key}`);
    else if (key === 'config') file = value;
    else if (key === 'set') {
      const [, name, text] = /^([\w.]+)=(.*)$/s.exec(value) ?? [];
      if (name === undefined) unknown.push(`--set ${value}`);
      else flags[name] = text!;
    } else flags[key] = value;
  }
  return { ...(file === undefined ? {} : { file }), flags, unknown };
}
