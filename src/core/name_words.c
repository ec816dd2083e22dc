/*
 * Tables of words, sorted, so that they are searched by halves. Hosts are the providers of two public price lists
 * (LiteLLM's and models.dev's), the regions of the clouds and what stands in paths between them; an author's words are
 * what its models are filed under there, on Hugging Face and in Bedrock. A host is never an author for being there.
 */
#include "name_words.h"

#define WORD(text)                                                                                                     \
    {                                                                                                                  \
        text, sizeof(text) - 1                                                                                         \
    }

static const struct span hosts[] = {
    WORD("302ai"),
    WORD("@cf"),
    WORD("abacus"),
    WORD("abliteration"),
    WORD("abliteration-ai"),
    WORD("accounts"),
    WORD("afm"),
    WORD("aiand"),
    WORD("aihubmix"),
    WORD("alibaba-cn"),
    WORD("alibaba-coding-plan"),
    WORD("alibaba-coding-plan-cn"),
    WORD("alibaba-token-plan"),
    WORD("alibaba-token-plan-cn"),
    WORD("amazon-bedrock"),
    WORD("amazon-nova"),
    WORD("amazon_nova"),
    WORD("ambient"),
    WORD("anthropic_text"),
    WORD("anyapi"),
    WORD("anyscale"),
    WORD("apac"),
    WORD("atomic-chat"),
    WORD("au"),
    WORD("auriko"),
    WORD("aws-bedrock"),
    WORD("azure"),
    WORD("azure-cognitive-services"),
    WORD("azure_ai"),
    WORD("azure_text"),
    WORD("bailing"),
    WORD("baseten"),
    WORD("bedrock"),
    WORD("bedrock_converse"),
    WORD("bedrock_mantle"),
    WORD("berget"),
    WORD("bigmodel"),
    WORD("ca"),
    WORD("cerebras"),
    WORD("chat-completion"),
    WORD("chatgpt"),
    WORD("chutes"),
    WORD("chutesai"),
    WORD("clarifai"),
    WORD("claude_platform"),
    WORD("claudinio"),
    WORD("clf_ai_gateway"),
    WORD("cloudferro-sherlock"),
    WORD("cloudflare"),
    WORD("cloudflare-ai-gateway"),
    WORD("cloudflare-workers-ai"),
    WORD("codestral"),
    WORD("cohere_chat"),
    WORD("converse"),
    WORD("converse_like"),
    WORD("coralbricks"),
    WORD("cortecs"),
    WORD("crof"),
    WORD("crusoe"),
    WORD("darkbloom"),
    WORD("dashscope"),
    WORD("databricks"),
    WORD("deepinfra"),
    WORD("digitalocean"),
    WORD("dinference"),
    WORD("drun"),
    WORD("empiriolabs"),
    WORD("eu"),
    WORD("evroc"),
    WORD("fastrouter"),
    WORD("featherless_ai"),
    WORD("firepass"),
    WORD("fireworks"),
    WORD("fireworks-ai"),
    WORD("fireworks_ai"),
    WORD("freemodel"),
    WORD("friendli"),
    WORD("friendliai"),
    WORD("frogbot"),
    WORD("gemini"),
    WORD("github"),
    WORD("github-copilot"),
    WORD("github-models"),
    WORD("github_copilot"),
    WORD("gitlab"),
    WORD("global"),
    WORD("global-standard"),
    WORD("gmi"),
    WORD("gmicloud"),
    WORD("google-vertex"),
    WORD("google-vertex-anthropic"),
    WORD("gradient_ai"),
    WORD("groq"),
    WORD("helicone"),
    WORD("heroku"),
    WORD("hosted_vllm"),
    WORD("hostinger_router"),
    WORD("hpc-ai"),
    WORD("huggingface"),
    WORD("hyperbolic"),
    WORD("iflowcn"),
    WORD("inference"),
    WORD("inferenceapis"),
    WORD("invoke"),
    WORD("io-net"),
    WORD("jiekou"),
    WORD("jp"),
    WORD("kilo"),
    WORD("kimi-for-coding"),
    WORD("kuae-cloud-coding-plan"),
    WORD("kyma"),
    WORD("lambda_ai"),
    WORD("lemonade"),
    WORD("libertai"),
    WORD("lilac"),
    WORD("llama"),
    WORD("llamagate"),
    WORD("llmgateway"),
    WORD("lm_studio"),
    WORD("lmstudio"),
    WORD("lucidquery"),
    WORD("meganova"),
    WORD("merge-gateway"),
    WORD("minimax-cn"),
    WORD("minimax-cn-coding-plan"),
    WORD("minimax-coding-plan"),
    WORD("mistral"),
    WORD("mixlayer"),
    WORD("moark"),
    WORD("models"),
    WORD("modelscope"),
    WORD("moonshotai-cn"),
    WORD("nano-gpt"),
    WORD("nearai"),
    WORD("nebius"),
    WORD("neon"),
    WORD("neuralmagic"),
    WORD("neuralwatt"),
    WORD("nova"),
    WORD("novita"),
    WORD("novita-ai"),
    WORD("nscale"),
    WORD("nvidia_nim"),
    WORD("oci"),
    WORD("ollama"),
    WORD("ollama-cloud"),
    WORD("ollama_chat"),
    WORD("opencode"),
    WORD("opencode-go"),
    WORD("opencode_go"),
    WORD("openinfer"),
    WORD("openrouter"),
    WORD("orcarouter"),
    WORD("ovhcloud"),
    WORD("perplexity-agent"),
    WORD("pinstripes"),
    WORD("poe"),
    WORD("privatemode-ai"),
    WORD("pro"),
    WORD("ps"),
    WORD("public"),
    WORD("publicai"),
    WORD("publishers"),
    WORD("qihang-ai"),
    WORD("qiniu-ai"),
    WORD("qwen_ai_platform"),
    WORD("qwencloud"),
    WORD("qwencoder"),
    WORD("qwenlm"),
    WORD("redhatai"),
    WORD("regolo-ai"),
    WORD("replicate"),
    WORD("requesty"),
    WORD("route"),
    WORD("routing-run"),
    WORD("sagemaker"),
    WORD("sagemaker_chat"),
    WORD("sail"),
    WORD("sambanova"),
    WORD("sap-ai-core"),
    WORD("scaleway"),
    WORD("scx-ai"),
    WORD("siliconflow"),
    WORD("siliconflow-cn"),
    WORD("snowflake"),
    WORD("snowflake-cortex"),
    WORD("stackit"),
    WORD("stepfun-plan"),
    WORD("streamlake"),
    WORD("submodel"),
    WORD("synthetic"),
    WORD("tee"),
    WORD("tencent"),
    WORD("tencent-coding-plan"),
    WORD("tencent-tokenhub"),
    WORD("tensormesh"),
    WORD("the-grid-ai"),
    WORD("tinfoil"),
    WORD("together"),
    WORD("together_ai"),
    WORD("togetherai"),
    WORD("umans-ai-coding-plan"),
    WORD("unsloth"),
    WORD("us"),
    WORD("us-gov"),
    WORD("v0"),
    WORD("venice"),
    WORD("vercel"),
    WORD("vercel_ai_gateway"),
    WORD("vertex_ai"),
    WORD("vertex_ai_beta"),
    WORD("vivgrid"),
    WORD("vllm"),
    WORD("volcengine"),
    WORD("vultr"),
    WORD("wafer.ai"),
    WORD("wally"),
    WORD("wandb"),
    WORD("watsonx"),
    WORD("workers-ai"),
    WORD("xiaomi-token-plan-ams"),
    WORD("xiaomi-token-plan-cn"),
    WORD("xiaomi-token-plan-sgp"),
    WORD("xiaomi_mimo"),
    WORD("xpersona"),
    WORD("zai-coding-plan"),
    WORD("zenmux"),
    WORD("zerogpu"),
    WORD("zhipuai-coding-plan"),
};

static const struct span deep_hosts[] = {
    WORD("alibaba"),     WORD("anthropic"),  WORD("arcee_ai"), WORD("cohere"),  WORD("deepseek"),
    WORD("deepseek-ai"), WORD("google"),     WORD("meta"),     WORD("minimax"), WORD("minimaxai"),
    WORD("mistralai"),   WORD("moonshotai"), WORD("nvidia"),   WORD("openai"),  WORD("perplexity"),
    WORD("qwen"),        WORD("stepfun"),    WORD("xai"),      WORD("xiaomi"),  WORD("zai"),
};

/* Replicate, Fireworks, Nebius and others have base models, too, under the names without "-instruct". */
static const struct span chat_hosts[] = {
    WORD("azure"),         WORD("azure-cognitive-services"),
    WORD("azure_ai"),      WORD("cerebras"),
    WORD("github-models"), WORD("groq"),
    WORD("helicone"),      WORD("ollama"),
    WORD("ollama-cloud"),  WORD("ollama_chat"),
    WORD("poe"),           WORD("privatemode-ai"),
    WORD("snowflake"),     WORD("venice"),
    WORD("vercel"),        WORD("vercel_ai_gateway"),
};

static const struct span regions[] = {
    WORD("af"),     WORD("amer"), WORD("apac"), WORD("au"), WORD("ca"), WORD("eu"),
    WORD("global"), WORD("jp"),   WORD("me"),   WORD("sa"), WORD("us"), WORD("us-gov"),
};

/* OpenRouter's, and the efforts that gateways write behind ":thinking". */
static const struct span variants[] = {
    WORD("beta"), WORD("exacto"), WORD("extended"), WORD("floor"), WORD("free"),   WORD("high"),     WORD("low"),
    WORD("max"),  WORD("medium"), WORD("minimal"),  WORD("nitro"), WORD("online"), WORD("thinking"), WORD("xhigh"),
};

/* Mistral's without a version, and DeepSeek's API's, have been several models each. */
static const struct span moving[] = {
    WORD("deepseek-chat"),  WORD("deepseek-coder"), WORD("deepseek-reasoner"), WORD("mistral-large"),
    WORD("mistral-medium"), WORD("mistral-small"),  WORD("mistral-tiny"),
};

/* Bedrock's deepseek.v3 is V3.1; Fireworks has a base model under the name that elsewhere is the instructed one;
 * ollama's qwen3 of these sizes became the models of July 2025;
 * OpenRouter files a model under the name of another: Qwen2-VL, which is of another generation. */
static const struct span misleading[] = {
    WORD("deepseek.v3"),
    WORD("deepseek.v3-v1:0"),
    WORD("qwen-2-vl-7b-instruct"),
    WORD("qwen-2.5-vl-72b-instruct"),
    WORD("qwen2-vl-7b-instruct"),
    WORD("qwen2p5-coder-32b"),
    WORD("qwen3:235b"),
    WORD("qwen3:235b-a22b"),
    WORD("qwen3:30b"),
    WORD("qwen3:30b-a3b"),
    WORD("qwen3:4b"),
};

static const struct author {
    struct span word, author;
} authors[] = {
    {WORD("01-ai"), WORD("01-ai")},
    {WORD("ai21"), WORD("ai21")},
    {WORD("ai21labs"), WORD("ai21")},
    {WORD("aion-labs"), WORD("aion-labs")},
    {WORD("alibaba"), WORD("qwen")},
    {WORD("alibaba-nlp"), WORD("alibaba")},
    {WORD("allenai"), WORD("allenai")},
    {WORD("amazon"), WORD("amazon")},
    {WORD("anthropic"), WORD("anthropic")},
    {WORD("arcee"), WORD("arcee-ai")},
    {WORD("arcee-ai"), WORD("arcee-ai")},
    {WORD("arcee_ai"), WORD("arcee-ai")},
    {WORD("arliai"), WORD("arliai")},
    {WORD("aws"), WORD("amazon")},
    {WORD("baidu"), WORD("baidu")},
    {WORD("bytedance"), WORD("bytedance")},
    {WORD("bytedance-seed"), WORD("bytedance-seed")},
    {WORD("codellama"), WORD("meta-llama")},
    {WORD("cognitivecomputations"), WORD("cognitivecomputations")},
    {WORD("cohere"), WORD("cohere")},
    {WORD("cohereforai"), WORD("cohere")},
    {WORD("coherelabs"), WORD("cohere")},
    {WORD("deepcogito"), WORD("deepcogito")},
    {WORD("deepseek"), WORD("deepseek")},
    {WORD("deepseek-ai"), WORD("deepseek")},
    {WORD("essentialai"), WORD("essentialai")},
    {WORD("eva-unit-01"), WORD("eva-unit-01")},
    {WORD("featherless"), WORD("featherless")},
    {WORD("featherless-ai"), WORD("featherless")},
    {WORD("google"), WORD("google")},
    {WORD("gryphe"), WORD("gryphe")},
    {WORD("ibm"), WORD("ibm-granite")},
    {WORD("ibm-granite"), WORD("ibm-granite")},
    {WORD("inception"), WORD("inception")},
    {WORD("inceptionlabs"), WORD("inception")},
    {WORD("inclusionai"), WORD("inclusionai")},
    {WORD("infermatic"), WORD("infermatic")},
    {WORD("inflection"), WORD("inflection")},
    {WORD("kimi"), WORD("moonshotai")},
    {WORD("kuaishou"), WORD("kwaipilot")},
    {WORD("kwai"), WORD("kwaipilot")},
    {WORD("kwaipilot"), WORD("kwaipilot")},
    {WORD("liquid"), WORD("liquid")},
    {WORD("liquidai"), WORD("liquid")},
    {WORD("meituan"), WORD("meituan")},
    {WORD("meituan-longcat"), WORD("meituan")},
    {WORD("meta"), WORD("meta-llama")},
    {WORD("meta-llama"), WORD("meta-llama")},
    {WORD("meta_llama"), WORD("meta-llama")},
    {WORD("microsoft"), WORD("microsoft")},
    {WORD("minimax"), WORD("minimax")},
    {WORD("minimaxai"), WORD("minimax")},
    {WORD("mistral"), WORD("mistralai")},
    {WORD("mistral-ai"), WORD("mistralai")},
    {WORD("mistralai"), WORD("mistralai")},
    {WORD("moonshot"), WORD("moonshotai")},
    {WORD("moonshotai"), WORD("moonshotai")},
    {WORD("morph"), WORD("morph")},
    {WORD("neversleep"), WORD("neversleep")},
    {WORD("nex-agi"), WORD("nex-agi")},
    {WORD("nothingiisreal"), WORD("nothingiisreal")},
    {WORD("nousresearch"), WORD("nousresearch")},
    {WORD("nvidia"), WORD("nvidia")},
    {WORD("openai"), WORD("openai")},
    {WORD("opengvlab"), WORD("opengvlab")},
    {WORD("perplexity"), WORD("perplexity")},
    {WORD("perplexity-ai"), WORD("perplexity")},
    {WORD("poolside"), WORD("poolside")},
    {WORD("prime-intellect"), WORD("prime-intellect")},
    {WORD("primeintellect"), WORD("prime-intellect")},
    {WORD("qwen"), WORD("qwen")},
    {WORD("qwenlm"), WORD("qwen")},
    {WORD("rekaai"), WORD("rekaai")},
    {WORD("relace"), WORD("relace")},
    {WORD("sao10k"), WORD("sao10k")},
    {WORD("sarvam"), WORD("sarvamai")},
    {WORD("sarvamai"), WORD("sarvamai")},
    {WORD("shisa-ai"), WORD("shisa-ai")},
    {WORD("stepfun"), WORD("stepfun")},
    {WORD("stepfun-ai"), WORD("stepfun")},
    {WORD("tencent"), WORD("tencent")},
    {WORD("thedrummer"), WORD("thedrummer")},
    {WORD("thudm"), WORD("thudm")},
    {WORD("tngtech"), WORD("tngtech")},
    {WORD("undi95"), WORD("undi95")},
    {WORD("upstage"), WORD("upstage")},
    {WORD("writer"), WORD("writer")},
    {WORD("x-ai"), WORD("x-ai")},
    {WORD("xai"), WORD("x-ai")},
    {WORD("xai-org"), WORD("x-ai")},
    {WORD("xiaomi"), WORD("xiaomi")},
    {WORD("xiaomimimo"), WORD("xiaomi")},
    {WORD("z-ai"), WORD("z-ai")},
    {WORD("zai"), WORD("z-ai")},
    {WORD("zai-org"), WORD("z-ai")},
    {WORD("zhipu"), WORD("z-ai")},
    {WORD("zhipuai"), WORD("z-ai")},
};

static bool is_among(struct span word, const struct span words[], size_t count)
{
    size_t begin = 0, end = count;

    while (begin < end) {
        size_t middle = (begin + end) / 2;
        int order = span_compare(word, words[middle]);
        if (order == 0)
            return true;
        if (order < 0)
            end = middle;
        else
            begin = middle + 1;
    }
    return false;
}

bool name_words_host(struct span word)
{
    return is_among(word, hosts, LENGTH_OF(hosts));
}

bool name_words_host_deep(struct span word)
{
    return is_among(word, deep_hosts, LENGTH_OF(deep_hosts));
}

bool name_words_chat_host(struct span word)
{
    return is_among(word, chat_hosts, LENGTH_OF(chat_hosts));
}

bool name_words_slug_host(struct span word)
{
    static const struct span openrouter = WORD("openrouter"), kilo = WORD("kilo");

    return span_equal(word, openrouter) || span_equal(word, kilo);
}

bool name_words_region(struct span word)
{
    return is_among(word, regions, LENGTH_OF(regions));
}

bool name_words_variant(struct span word)
{
    static const struct span most = WORD("free"); /* nearly all that there are */

    return span_equal(word, most) || is_among(word, variants, LENGTH_OF(variants));
}

bool name_words_moving(struct span name)
{
    return is_among(name, moving, LENGTH_OF(moving));
}

bool name_words_misleading(struct span name)
{
    return is_among(name, misleading, LENGTH_OF(misleading));
}

struct span name_words_author(struct span word)
{
    size_t begin = 0, end = LENGTH_OF(authors);

    while (begin < end) {
        size_t middle = (begin + end) / 2;
        int order = span_compare(word, authors[middle].word);
        if (order == 0)
            return authors[middle].author;
        if (order < 0)
            end = middle;
        else
            begin = middle + 1;
    }
    return (struct span){NULL, 0};
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* The two-digit number at `digits`, if it is in [min, max]. */
static bool is_between(const char *digits, int min, int max)
{
    int number = 10 * (digits[0] - '0') + (digits[1] - '0');

    return number >= min && number <= max;
}

bool name_words_date(struct span text, bool is_dashed)
{
    size_t step = is_dashed ? 1 : 0;

    if (text.size != 8 + 2 * step)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        bool is_dash = is_dashed && (i == 4 || i == 7);
        if (is_dash ? text.bytes[i] != '-' : !is_digit(text.bytes[i]))
            return false;
    }
    return is_between(text.bytes, 19, 20) && is_between(text.bytes + 4 + step, 1, 12) &&
           is_between(text.bytes + 6 + 2 * step, 1, 31);
}
