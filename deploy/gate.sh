#!/bin/sh
# Ask the gate, keep its signed answer, and end as it says: 0 go on, 1 wait or do not.
#
#   gate.sh SERVICE [--change ID] [--kind feature|fix] ...    the words of `detente gate`
#
# DETENTE_HOME, DETENTE_DATABASE_URL   where Détente lives
# DETENTE_ANSWER                       where the answer is kept (gate.json)
# DETENTE_ON_FAILURE                   closed (the default) or open: what no answer at all means
set -u
answer="${DETENTE_ANSWER:-gate.json}"

detente gate "$@" --json >"$answer"
code=$?
if [ "$code" -le 1 ]; then
  cat "$answer"
  exit "$code"
fi
if [ "${DETENTE_ON_FAILURE:-closed}" = open ]; then
  echo "The gate gave no answer (exit code $code); the policy of this tier is open: going on." >&2
  exit 0
fi
echo "The gate gave no answer (exit code $code); the policy of this tier is closed: not going on." >&2
exit "$code"
