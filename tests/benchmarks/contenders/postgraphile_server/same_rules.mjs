// The person of a request: by its token, like ours, and nobody without one. What they may do is same_rules_statements.py.
import { createHash } from "node:crypto";
import { SafeError } from "postgraphile/grafast";

const RECOGNISE = `
SELECT person.id, person.is_staff
FROM courses_accesstoken AS token JOIN courses_user AS person ON person.id = token.user_id
WHERE token.digest = $1 AND token.revoked_at IS NULL AND coalesce(token.expires_at > now(), TRUE) AND person.is_active`;

const settings = ({ id, is_staff }) => ({
  pgSettings: { role: "benchmark_person", "same_rules.person": id, "same_rules.is_staff": is_staff },
});

export const recogniser = (pool) => async (requestContext) => {
  const [, secret] = requestContext.node.req.headers.authorization?.match(/^Bearer (.+)$/) ?? [];
  if (!secret) return settings({ id: "", is_staff: false });
  const digest = createHash("sha256").update(secret).digest("hex");
  const { rows } = await pool.query({ name: "recognise", text: RECOGNISE, values: [digest] });
  if (!rows.length) throw new SafeError("Please send a token that is valid.", { statusCode: 401 });
  return settings(rows[0]);
};
