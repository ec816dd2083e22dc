# Azure's LLM inference traces (TIMESTAMP,ContextTokens,GeneratedTokens) -> JSON lines for `gentally produce`:
#   awk -v name=code -f tests/support/azure.awk AzureLLMInferenceTrace_code_2023.csv | gentally produce
# The traces do not tell the model: they are counted as azure/code and azure/conv. Nor do they tell what it cost.
BEGIN { FS = "," }
FNR > 1 {
    sub(/\r$/, "")
    printf "{\"id\":\"azure-%s-%d\",\"created_at\":\"%sZ\",\"model\":\"azure/%s\",", name, FNR - 1, $1, name
    printf "\"provider\":\"azure\",\"tokens_prompt\":%d,\"tokens_completion\":%d,\"cost_usd\":null}\n", $2, $3
}
