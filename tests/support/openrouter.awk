# OpenRouter's weekly table of top models -> JSON lines for `gentally produce`:
#   awk -f tests/support/openrouter.awk weekly_top_models.csv | gentally produce
# One event stands for 10,000 requests (at least one event a row); a row's tokens are shared out evenly, the remainder
# among the first events, so that sums are exact and 0 <= reasoning <= completion, 0 <= cached <= prompt hold. The table
# has no costs.
BEGIN { FS = "," }
function share(total, events, index_) { return int(total / events) + (index_ < total % events) }
FNR > 1 {
    events = int($11 / 10000)
    if (events < 1)
        events = 1
    for (i = 0; i < events; i++) {
        printf "{\"id\":\"%s-%s-%d\",\"created_at\":\"%s\",\"model\":\"%s\",", $1, $2, i, $1, $3
        printf "\"tokens_prompt\":%d,\"tokens_completion\":%d,", share($7, events, i), share($8, events, i)
        printf "\"tokens_reasoning\":%d,\"tokens_cached\":%d,", share($9, events, i), share($10, events, i)
        printf "\"cost_usd\":null,\"is_free\":%s}\n", $15 == "True" ? "true" : "false"
    }
}
