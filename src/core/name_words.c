/*
 * Tables of words, sorted, so that they are searched by halves. Hosts are the providers of two public price lists
 * (LiteLLM's and models.dev's), the regions of the clouds and what stands in paths between them; an author's words are
 * what its models are filed under there, on Hugging Face and in Bedrock. A host is never an author for being there.
 */
#include "name_words.h"

#include <stdlib.h>

static const char *const hosts[] = {
    "302ai",
    "@cf",
    "abacus",
    "abliteration",
    "abliteration-ai",
    "accounts",
    "aiand",
    "aihubmix",
    "alibaba-cn",
    "alibaba-coding-plan",
    "alibaba-coding-plan-cn",
    "alibaba-token-plan",
    "alibaba-token-plan-cn",
    "amazon-bedrock",
    "amazon-nova",
    "amazon_nova",
    "ambient",
    "anthropic_text",
    "anyapi",
    "anyscale",
    "apac",
    "atomic-chat",
    "au",
    "auriko",
    "aws-bedrock",
    "azure",
    "azure-cognitive-services",
    "azure_ai",
    "azure_text",
    "bailing",
    "baseten",
    "bedrock",
    "bedrock_converse",
    "bedrock_mantle",
    "berget",
    "bigmodel",
    "ca",
    "cerebras",
    "chatgpt",
    "chutes",
    "clarifai",
    "claude_platform",
    "claudinio",
    "clf_ai_gateway",
    "cloudferro-sherlock",
    "cloudflare",
    "cloudflare-ai-gateway",
    "cloudflare-workers-ai",
    "codestral",
    "cohere_chat",
    "converse",
    "converse_like",
    "coralbricks",
    "cortecs",
    "crof",
    "crusoe",
    "darkbloom",
    "dashscope",
    "databricks",
    "deepinfra",
    "digitalocean",
    "dinference",
    "drun",
    "empiriolabs",
    "eu",
    "evroc",
    "fastrouter",
    "featherless_ai",
    "firepass",
    "fireworks",
    "fireworks-ai",
    "fireworks_ai",
    "freemodel",
    "friendli",
    "friendliai",
    "frogbot",
    "gemini",
    "github",
    "github-copilot",
    "github-models",
    "github_copilot",
    "gitlab",
    "global",
    "global-standard",
    "gmi",
    "gmicloud",
    "google-vertex",
    "google-vertex-anthropic",
    "gradient_ai",
    "groq",
    "helicone",
    "heroku",
    "hosted_vllm",
    "hostinger_router",
    "hpc-ai",
    "huggingface",
    "hyperbolic",
    "iflowcn",
    "inference",
    "inferenceapis",
    "invoke",
    "io-net",
    "jiekou",
    "jp",
    "kilo",
    "kimi-for-coding",
    "kuae-cloud-coding-plan",
    "kyma",
    "lambda_ai",
    "lemonade",
    "libertai",
    "lilac",
    "llama",
    "llamagate",
    "llmgateway",
    "lm_studio",
    "lmstudio",
    "lucidquery",
    "meganova",
    "merge-gateway",
    "minimax-cn",
    "minimax-cn-coding-plan",
    "minimax-coding-plan",
    "mistral",
    "mixlayer",
    "moark",
    "models",
    "modelscope",
    "moonshotai-cn",
    "nano-gpt",
    "nearai",
    "nebius",
    "neon",
    "neuralwatt",
    "nova",
    "novita",
    "novita-ai",
    "nscale",
    "nvidia_nim",
    "oci",
    "ollama",
    "ollama-cloud",
    "ollama_chat",
    "opencode",
    "opencode-go",
    "opencode_go",
    "openinfer",
    "openrouter",
    "orcarouter",
    "ovhcloud",
    "perplexity-agent",
    "pinstripes",
    "poe",
    "privatemode-ai",
    "pro",
    "ps",
    "public",
    "publicai",
    "publishers",
    "qihang-ai",
    "qiniu-ai",
    "qwen_ai_platform",
    "qwencloud",
    "regolo-ai",
    "replicate",
    "requesty",
    "route",
    "routing-run",
    "sagemaker",
    "sagemaker_chat",
    "sail",
    "sambanova",
    "sap-ai-core",
    "scaleway",
    "scx-ai",
    "siliconflow",
    "siliconflow-cn",
    "snowflake",
    "snowflake-cortex",
    "stackit",
    "stepfun-plan",
    "streamlake",
    "submodel",
    "synthetic",
    "tee",
    "tencent",
    "tencent-coding-plan",
    "tencent-tokenhub",
    "tensormesh",
    "the-grid-ai",
    "tinfoil",
    "together",
    "together_ai",
    "togetherai",
    "umans-ai-coding-plan",
    "us",
    "us-gov",
    "v0",
    "venice",
    "vercel",
    "vercel_ai_gateway",
    "vertex_ai",
    "vertex_ai_beta",
    "vivgrid",
    "vllm",
    "volcengine",
    "vultr",
    "wafer.ai",
    "wally",
    "wandb",
    "watsonx",
    "workers-ai",
    "xiaomi-token-plan-ams",
    "xiaomi-token-plan-cn",
    "xiaomi-token-plan-sgp",
    "xiaomi_mimo",
    "xpersona",
    "zai-coding-plan",
    "zenmux",
    "zerogpu",
    "zhipuai-coding-plan",
};

static const char *const deep_hosts[] = {
    "alibaba", "anthropic", "cohere",     "deepseek", "google", "meta",   "minimax", "moonshotai",
    "nvidia",  "openai",    "perplexity", "stepfun",  "xai",    "xiaomi", "zai",
};

static const char *const regions[] = {
    "af", "amer", "apac", "au", "ca", "eu", "global", "jp", "me", "sa", "us", "us-gov",
};

/* OpenRouter's, and the efforts that gateways write behind ":thinking". */
static const char *const variants[] = {
    "beta", "exacto", "extended", "floor", "free",   "high",     "low",
    "max",  "medium", "minimal",  "nitro", "online", "thinking", "xhigh",
};

/* Mistral's without a version, and DeepSeek's API's, have been several models each. */
static const char *const moving[] = {
    "deepseek-chat",  "deepseek-coder", "deepseek-reasoner", "mistral-large",
    "mistral-medium", "mistral-small",  "mistral-tiny",
};

/* Bedrock's deepseek.v3 is V3.1; Fireworks has a base model under the name that elsewhere is the instructed one;
 * ollama's qwen3 of these sizes became the models of July 2025;
 * OpenRouter files a model under the name of another twice. */
static const char *const misleading[] = {
    "deepseek.v3",
    "deepseek.v3-v1:0",
    "glm-4.6-20251208",
    "qwen-2-vl-7b-instruct",
    "qwen2-vl-7b-instruct",
    "qwen2p5-coder-32b",
    "qwen3:235b",
    "qwen3:235b-a22b",
    "qwen3:30b",
    "qwen3:30b-a3b",
    "qwen3:4b",
};

static const struct author {
    const char *word, *author;
} authors[] = {
    {"01-ai", "01-ai"},
    {"ai21", "ai21"},
    {"ai21labs", "ai21"},
    {"alibaba", "qwen"},
    {"allenai", "allenai"},
    {"amazon", "amazon"},
    {"anthropic", "anthropic"},
    {"arcee-ai", "arcee-ai"},
    {"aws", "amazon"},
    {"baidu", "baidu"},
    {"bytedance", "bytedance"},
    {"bytedance-seed", "bytedance-seed"},
    {"cohere", "cohere"},
    {"cohereforai", "cohere"},
    {"coherelabs", "cohere"},
    {"deepcogito", "deepcogito"},
    {"deepseek", "deepseek"},
    {"deepseek-ai", "deepseek"},
    {"essentialai", "essentialai"},
    {"eva-unit-01", "eva-unit-01"},
    {"google", "google"},
    {"gryphe", "gryphe"},
    {"ibm", "ibm-granite"},
    {"ibm-granite", "ibm-granite"},
    {"inception", "inception"},
    {"inceptionlabs", "inception"},
    {"inclusionai", "inclusionai"},
    {"inflection", "inflection"},
    {"kimi", "moonshotai"},
    {"kwai", "kwaipilot"},
    {"kwaipilot", "kwaipilot"},
    {"liquid", "liquid"},
    {"liquidai", "liquid"},
    {"meituan", "meituan"},
    {"meituan-longcat", "meituan"},
    {"meta", "meta-llama"},
    {"meta-llama", "meta-llama"},
    {"meta_llama", "meta-llama"},
    {"microsoft", "microsoft"},
    {"minimax", "minimax"},
    {"minimaxai", "minimax"},
    {"mistral", "mistralai"},
    {"mistral-ai", "mistralai"},
    {"mistralai", "mistralai"},
    {"moonshot", "moonshotai"},
    {"moonshotai", "moonshotai"},
    {"morph", "morph"},
    {"nex-agi", "nex-agi"},
    {"nousresearch", "nousresearch"},
    {"nvidia", "nvidia"},
    {"openai", "openai"},
    {"perplexity", "perplexity"},
    {"perplexity-ai", "perplexity"},
    {"poolside", "poolside"},
    {"prime-intellect", "prime-intellect"},
    {"primeintellect", "prime-intellect"},
    {"qwen", "qwen"},
    {"qwenlm", "qwen"},
    {"rekaai", "rekaai"},
    {"relace", "relace"},
    {"sao10k", "sao10k"},
    {"sarvam", "sarvamai"},
    {"sarvamai", "sarvamai"},
    {"stepfun", "stepfun"},
    {"stepfun-ai", "stepfun"},
    {"tencent", "tencent"},
    {"thedrummer", "thedrummer"},
    {"thudm", "thudm"},
    {"tngtech", "tngtech"},
    {"undi95", "undi95"},
    {"upstage", "upstage"},
    {"writer", "writer"},
    {"x-ai", "x-ai"},
    {"xai", "x-ai"},
    {"xai-org", "x-ai"},
    {"xiaomi", "xiaomi"},
    {"xiaomimimo", "xiaomi"},
    {"z-ai", "z-ai"},
    {"zai", "z-ai"},
    {"zai-org", "z-ai"},
    {"zhipu", "z-ai"},
    {"zhipuai", "z-ai"},
};

static int compare_word(const void *key, const void *item)
{
    return span_compare(*(const struct span *)key, span_of(*(const char *const *)item));
}

static bool is_among(struct span word, const char *const words[], size_t count)
{
    return bsearch(&word, words, count, sizeof(words[0]), compare_word) != NULL;
}

bool name_words_host(struct span word)
{
    return is_among(word, hosts, LENGTH_OF(hosts));
}

bool name_words_host_deep(struct span word)
{
    return is_among(word, deep_hosts, LENGTH_OF(deep_hosts));
}

bool name_words_region(struct span word)
{
    return is_among(word, regions, LENGTH_OF(regions));
}

bool name_words_variant(struct span word)
{
    return is_among(word, variants, LENGTH_OF(variants));
}

bool name_words_moving(struct span name)
{
    return is_among(name, moving, LENGTH_OF(moving));
}

bool name_words_misleading(struct span name)
{
    return is_among(name, misleading, LENGTH_OF(misleading));
}

static int compare_author(const void *key, const void *item)
{
    return span_compare(*(const struct span *)key, span_of(((const struct author *)item)->word));
}

struct span name_words_author(struct span word)
{
    const struct author *found = bsearch(&word, authors, LENGTH_OF(authors), sizeof(authors[0]), compare_author);

    return span_of(found == NULL ? NULL : found->author);
}
