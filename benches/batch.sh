#!/usr/bin/env bash
# `speechtag batch` on COUNT generated records (1000000 if not said): memory while it runs, and three kills.
#
#   benches/batch.sh [COUNT]
#
# Tags the records once without interruption and prints the resident memory on the way; then once more, killed with
# SIGKILL at three random moments and gone on with by --resume. Fails if the two outputs differ in a byte.
# SPEECHTAG names another program than target/release/speechtag; KILLS another number of kills.
set -euo pipefail
cd "$(dirname "$0")/.."
count=${1:-1000000}
speechtag=${SPEECHTAG:-target/release/speechtag}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

awk -v count="$count" 'BEGIN {
  split("县 市 省 镇", places, " ")
  split("春耕备耕 安全生产 招商引资 防汛抗旱 义务教育 医疗保障 生态环保", works, " ")
  for (n = 0; n < count; n++) {
    place = places[n % 4 + 1]; work = works[n % 7 + 1]
    printf "{\"id\":\"r%d\",\"year\":%d,\"text\":\"同志们：今天我们召开全%s%s工作会议，主要任务是总结去年工作，部署今年任务。去年全%s办结%d件实事。第%d项任务月底前报%s政府办公室。\"}\n", n, 2000 + n % 20, place, work, place, n, n % 97, place
  }
}' > "$folder/in.jsonl"
echo "input: $count records, $(stat -c %s "$folder/in.jsonl") bytes"

resident() { awk '/^VmRSS/ { printf "%d", $2 / 1024 }' "/proc/$1/status" 2> /dev/null || true; }

begun=$(date +%s.%N)
"$speechtag" batch "$folder/in.jsonl" --output "$folder/whole.jsonl" --quiet &
run=$!
smallest=; largest=0
sleep 2
while kill -0 "$run" 2> /dev/null; do
  now=$(resident "$run")
  if [ -n "$now" ] && [ "$now" -gt 0 ]; then
    done=$(stat -c %s "$folder/whole.jsonl.partial" 2> /dev/null || echo 0)
    printf 'after %4.0f s: %5d MiB written, %4d MiB resident\n' "$(awk -v b="$begun" -v n="$(date +%s.%N)" 'BEGIN { print n - b }')" "$((done >> 20))" "$now"
    largest=$((now > largest ? now : largest))
    smallest=${smallest:-$now}; smallest=$((now < smallest ? now : smallest))
  fi
  sleep 5
done
wait "$run"
seconds=$(awk -v b="$begun" -v n="$(date +%s.%N)" 'BEGIN { print n - b }')
awk -v c="$count" -v s="$seconds" 'BEGIN { printf "uninterrupted: %.1f s, %.0f records/s\n", s, c / s }'
echo "resident memory: ${smallest:-0} to $largest MiB"

for kill in $(seq "${KILLS:-3}"); do
  "$speechtag" batch "$folder/in.jsonl" --output "$folder/killed.jsonl" --resume --quiet &
  run=$!
  sleep "$(awk -v s="$seconds" -v seed="$RANDOM$$" 'BEGIN { srand(seed); print 0.5 + rand() * s / 3 }')"
  if kill -9 "$run" 2> /dev/null; then
    wait "$run" 2> /dev/null || true
    records=$(sed -n 's/.*"summary":{"records":\([0-9]*\).*/\1/p' "$folder/killed.jsonl.journal" 2> /dev/null || true)
    echo "kill $kill: $(stat -c %s "$folder/killed.jsonl.partial" 2> /dev/null || echo 0) bytes written, ${records:-0} records to go on after"
  else
    wait "$run"
    echo "kill $kill: it was done before"
  fi
done
"$speechtag" batch "$folder/in.jsonl" --output "$folder/killed.jsonl" --resume --quiet
cmp "$folder/whole.jsonl" "$folder/killed.jsonl"
echo "the output after ${KILLS:-3} kills equals the uninterrupted one: $(stat -c %s "$folder/whole.jsonl") bytes, sha256 $(sha256sum < "$folder/whole.jsonl" | cut -c -16)…"
