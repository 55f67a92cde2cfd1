nsos.define("checker/judge", (use) => {
  "use strict";
  const { Invalid, demand } = use("checker/invalid");
  const { parseJson } = use("checker/json");
  const { Context } = use("checker/context");
  const { readKeys, readNames, readPolynomial } = use("checker/reader");
  const limits = use("checker/limits");

  const NEAR_SOS = use("checker/kinds/near_sos");
  const KINDS = new Map(
    [
      "sos",
      "sos_over_field",
      "nonneg",
      "negative_point",
      "not_sos",
      "not_sos_over_q",
      "lower_bound",
      "lower_bound_on_set",
      "empty_set",
      "program",
      "infeasible_program",
      "program_bound",
      "lyapunov",
      "region_of_attraction",
      "barrier",
      "reach_avoid",
      "dissipation",
      "state_feedback",
      "joint_spectral_radius",
    ].map((kind) => [kind, use(`checker/kinds/${kind}`)]),
  );

  /** The commands whose inputs have these keys. */
  const INPUTS = new Map([
    ["polynomial", "nsos certify"],
    ["question", "nsos control"],
    ["statement", "nsos solve"],
  ]);

  const NO_JSON =
    "Certificates are JSON and begin with {. For a polynomial write one with: nsos certify FILE -o results.jsonl";

  /** The kind of a certificate, a JSON value; the names of its variables, and the values of the keys of the kind. */
  function readCertificate(record) {
    const isCertificate = record instanceof Map && record.get("format") === "nsos-certificate/1";
    demand(
      isCertificate && KINDS.has(record.get("kind")),
      `expected nsos-certificate/1 of a kind among ${[...KINDS.keys()].join(", ")}`,
    );
    const isNear = record.get("kind") === "sos" && (record.has("epsilon") || record.has("of"));
    const kind = isNear ? NEAR_SOS : KINDS.get(record.get("kind"));
    const [, , listed, ...values] = readKeys(record, ["format", "kind", "variables", ...kind.keys], "certificate");
    const names = readNames(listed, "variables", limits.variables);
    if (kind.keys[0] === "polynomial") values[0] = readPolynomial(values[0], names.length, "polynomial");
    return { kind, names, values };
  }

  /** Checks a certificate: what it proves, or `Invalid`. */
  function check(record, report) {
    const { kind, names, values } = readCertificate(record);
    const context = new Context(names, report, checkInner);
    const { sentence, theorem, tex = null } = kind.check(context, ...values);
    return { kind: kind.kind, statuses: kind.statuses, sentence, theorem, tex, context };
  }

  /** Checks a certificate about a system that another one holds, in the same variables. */
  function checkInner(context, record) {
    const { kind, names, values } = readCertificate(record);
    const isSame = names.length === context.variables && names.every((name, i) => name === context.names[i]);
    demand(
      kind.keys[0] === "system" && isSame,
      "closed_loop: expected a certificate about a system in the same variables",
    );
    return kind.check(context, ...values);
  }

  /** Whether what was proven is what a record claims. */
  function isProven(record, proven) {
    const status = record.get("status") ?? null;
    if (status === null) return true;
    if (typeof status !== "string") return false;
    const given = record.get("over") ?? null;
    const over = given === null && (status === "SOS" || status === "NOT_SOS") ? "R" : given;
    const claim = over === null ? status : `${status} over ${over}`;
    if (proven.some(({ statuses }) => statuses.includes(claim))) return true;
    if (!record.has("statement")) return false;
    const first = proven[0].statuses[0]; // what bounds and values of a record claim is left to nsos verify
    if (claim === "UNDECIDED" || claim === "NEAR_FEASIBLE") return true;
    if (claim === "OPTIMAL")
      return proven.some(({ statuses }) => statuses[0] === "BOUNDED") && hasContent(record.get("certificate"));
    if (claim === "NO_BOUND") return proven.some(({ statuses }) => statuses[0] === "INFEASIBLE");
    return claim === "PROVEN" && (first === "FEASIBLE" || first === "BOUNDED");
  }

  function hasContent(value) {
    return value instanceof Map && value.size > 0;
  }

  /**
   * The verdict on the text of a certificate or of a record that holds certificates: "holds", "FAILS", "missing" or
   * "unreadable", why, and what was proven; `isInput` where it is what a command has yet to answer. Whatever goes wrong,
   * nothing is proven.
   */
  function judge(text, report = () => {}) {
    let record;
    try {
      demand(text.length <= limits.bytes, "beyond the limits: the text is too long");
      record = parseJson(text);
      const command = commandFor(record);
      if (command !== undefined) return { verdict: "unreadable", reason: inputText(command), proven: [], isInput: true };
      const isKnown = record instanceof Map && (record.has("format") || record.has("certificate"));
      demand(isKnown, "no certificate (key format) and no record of nsos (key certificate)");
    } catch (error) {
      const hint = /^\s*[{[]/.test(text) ? "" : `. ${NO_JSON}`;
      return { verdict: "unreadable", reason: `${messageOf(error)}${hint}`, proven: [] };
    }
    const isAlone = record.has("format");
    const stored = isAlone ? [record] : ["certificate", "bound_certificate"].map((key) => record.get(key) ?? null);
    const certificates = stored.filter((value) => value !== null);
    const id = isAlone ? undefined : record.get("id");
    if (certificates.length === 0) return { verdict: "missing", reason: missingText(record), proven: [], id };
    try {
      const proven = certificates.map((value) => check(value, report));
      demand(isAlone || isProven(record, proven), "the record claims what this does not prove");
      return { verdict: "holds", reason: proven.map(({ sentence }) => sentence).join("; "), proven, id };
    } catch (error) {
      return { verdict: "FAILS", reason: messageOf(error), proven: [], id };
    }
  }

  /** The command of which this is an input. */
  function commandFor(record) {
    if (!(record instanceof Map) || record.has("format") || record.has("certificate")) return undefined;
    return [...INPUTS].find(([key]) => record.has(key))?.[1];
  }

  function inputText(command) {
    return `This is an input of ${command}, and no answer yet. Write the answers with: ${command} FILE -o results.jsonl. They have certificates, which this page checks.`;
  }

  function missingText(record) {
    const [status, error] = [record.get("status"), record.get("error")];
    const outcome = typeof status === "string" ? status.slice(0, 40) : "bad input";
    return `not proven: ${outcome}: ${typeof error === "string" ? error.split("\n")[0].slice(0, 200) : "the record has no certificate"}`;
  }

  function messageOf(error) {
    if (error instanceof Invalid) return error.message;
    if (error instanceof RangeError) return "not checked, beyond the limits of this browser";
    return `not checked, internal error of the checker, please report it: ${error}`;
  }

  return { judge };
});
