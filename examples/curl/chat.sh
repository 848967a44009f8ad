#!/bin/sh
# A conversation with nothing but curl: who we are, a message, a page, and what comes next.
#
#     sh examples/curl/chat.sh http://localhost:8000 lobby
set -eu
url=${1:-http://localhost:8000} room=${2:-lobby}
json='Content-Type: application/json'

# a guest's token; an application would use one of its own
token=$(curl -fsS -H "$json" -d '{"name":"curl"}' "$url/api/session" | sed 's/.*"token":"\([^"]*\)".*/\1/')
auth="Authorization: Bearer $token"

# send: the same messageId may be sent again and again, it is stored once
id=curl-$$
for try in 1 2; do
  curl -fsS -H "$auth" -H "$json" -d "{\"content\":\"Hello from curl\",\"messageId\":\"$id\"}" \
    "$url/api/rooms/$room/messages"
  echo
done

# the last message, and the position after it
page=$(curl -fsS -H "$auth" "$url/api/rooms/$room/messages?limit=1")
since=$(echo "$page" | sed 's/.*"epoch":"\([^"]*\)","offset":\([0-9]*\),"hasMore".*/\1.\2/')
echo "read up to $since"

# waits at most a second for what comes after it
curl -fsS -H "$auth" "$url/api/rooms/$room/messages/wait?since=$since&timeoutMs=1000"
echo

# the same as a stream of events, for a second
curl -sSN --max-time 1 -H "$auth" "$url/api/events?rooms=$room&history=1" || true
