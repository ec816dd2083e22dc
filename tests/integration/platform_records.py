"""Records of other platforms, a few of each form and version that is known, written by hand from the public lists of
fields, and what each is as an event, worked out by hand. What must not pass is POISON somewhere in its value."""

import struct

POISON = "p0ison"
HOUR_MS = 1_793_613_600_000  # 2026-11-02T10:00:00Z

# What an event has where nothing else is said.
PLAIN = {
    "provider": None,
    "account": None,
    "app": None,
    "country": None,
    "language": None,
    "tokens_reasoning": 0,
    "tokens_cached": 0,
    "tokens_cache_write": 0,
    "cost_nano_usd": None,
    "is_byok": False,
    "is_free": False,
    "is_gateway_cache_hit": False,
    "streamed": False,
    "cancelled": False,
    "finish_reason": None,
    "tools_offered": False,
    "latency_ms": None,
    "first_token_ms": None,
    "generation_ms": None,
    "classified": False,
    "categories": [],
    "op": "create",
}

# What an item is that is no event.
LEFT_OUT = "left out"


def event(id, model, prompt, completion, at=0, **fields):
    """`at` in ms after the hour's begin."""
    given = {"id": id, "created_at": HOUR_MS + at, "model": model, "tokens_prompt": prompt}
    return {**PLAIN, **given, "tokens_completion": completion, **fields}


_GENERATION = {
    "id": "gen-1",
    "created_at": "2026-11-02T10:00:01.433273+00:00",
    "model": "openai/gpt-4o:online",
    "provider_name": "Azure",
    "api_type": "completions",
    "tokens_prompt": 7,  # by another tokenizer, as the next
    "tokens_completion": 8,
    "native_tokens_prompt": 120,
    "native_tokens_completion": 45,
    "native_tokens_reasoning": 20,
    "native_tokens_cached": 64,
    "native_tokens_completion_images": 0,
    "total_cost": 0.0049099999999999994,
    "usage": 0.0049099999999999994,
    "cache_discount": -0.0001,
    "upstream_inference_cost": 0.0049,
    "is_byok": False,
    "streamed": True,
    "cancelled": False,
    "latency": 812.4,
    "generation_time": 2400.5,
    "moderation_latency": None,
    "finish_reason": "stop",
    "native_finish_reason": "completed",
    "router": "openrouter/auto",
    "num_search_results": 5,
    "external_user": "user-" + POISON,
    "app_id": 4711,
    "origin": "https://" + POISON + ".example",
    "http_referer": "https://" + POISON + ".example/chat",
    "user_agent": POISON,
    "request_id": "req-" + POISON,
    "session_id": POISON,
    "provider_responses": [{"endpoint_id": POISON, "status": 200}],
}
_GENERATION_EVENT = event(
    "gen-1",
    "openai/gpt-4o:online",
    120,
    45,
    1433,
    provider="azure",
    tokens_reasoning=20,
    tokens_cached=64,
    cost_nano_usd=4_910_000,
    streamed=True,
    finish_reason="stop",
    latency_ms=812,
    generation_ms=2401,
    account="user-" + POISON,  # these two as hashes
    app="4711",
)

OPENROUTER = [
    ({"data": _GENERATION}, [_GENERATION_EVENT]),
    ({**_GENERATION, "id": "gen-1b"}, [{**_GENERATION_EVENT, "id": "gen-1b"}]),
    # Cancelled: what was not told is unknown.
    (
        {
            "id": "gen-2",
            "created_at": 1_793_613_602,
            "model": "anthropic/claude-sonnet-4.5",
            "provider_name": "Amazon Bedrock",
            "native_tokens_prompt": 100.0,
            "native_tokens_completion": None,
            "native_tokens_reasoning": None,
            "native_tokens_cached": None,
            "total_cost": 4.07e-05,
            "streamed": None,
            "cancelled": True,
            "finish_reason": None,
            "generation_time": None,
            "latency": None,
        },
        [
            event(
                "gen-2",
                "anthropic/claude-sonnet-4.5",
                100,
                None,
                2000,
                provider="bedrock",
                cost_nano_usd=40_700,
                cancelled=True,
            )
        ],
    ),
    # The customer's own key, an answer out of the gateway's cache, an embedding.
    (
        [
            {
                "id": "gen-3",
                "created_at": 1_793_613_603_000_000,
                "model": "x-ai/grok-4",
                "api_type": "responses",
                "native_tokens_prompt": "10",
                "native_tokens_completion": "5",
                "total_cost": 0.00001,
                "upstream_inference_cost": 0.0002,
                "is_byok": True,
            },
            {
                "id": "gen-4",
                "created_at": HOUR_MS + 4000,
                "model": "x-ai/grok-4:free:online",
                "api_type": None,
                "native_tokens_prompt": 10,
                "native_tokens_completion": 5,
                "total_cost": 0,
                "response_cache_source_id": "gen-3",
            },
            {"id": "gen-5", "created_at": HOUR_MS, "model": "openai/text-embedding-3-large", "api_type": "embeddings"},
        ],
        [
            event("gen-3", "x-ai/grok-4", 10, 5, 3000, cost_nano_usd=200_000, is_byok=True),
            event("gen-4", "x-ai/grok-4:free:online", 10, 5, 4000, cost_nano_usd=0, is_gateway_cache_hit=True),
            LEFT_OUT,
        ],
    ),
]

_PAYLOAD = {
    "id": "chatcmpl-1",
    "litellm_call_id": "call-1",
    "trace_id": POISON,
    "call_type": "acompletion",
    "stream": True,
    "response_cost": 0.00012345,
    "status": "success",
    "custom_llm_provider": "bedrock",
    "model": "bedrock/us-east-1/anthropic.claude-3-5-sonnet-20240620-v1:0",
    "model_group": "claude",
    "model_id": POISON,
    "api_base": "https://" + POISON + ".example",
    "startTime": 1_793_613_605.25,
    "completionStartTime": 1_793_613_605.75,
    "endTime": 1_793_613_607.5,
    "response_time": 0.5,
    "prompt_tokens": 1500,
    "completion_tokens": 300,
    "total_tokens": 1800,
    "cache_hit": None,
    "cache_key": POISON,
    "saved_cache_cost": 0,
    "request_tags": [POISON],
    "end_user": POISON,
    "requester_ip_address": "10.9.8.7",
    "user_agent": POISON,
    "messages": [{"role": "user", "content": POISON + " \x00"}],
    "response": {
        "choices": [{"finish_reason": "stop", "message": {"content": POISON, "tool_calls": [{"id": POISON}]}}]
    },
    "model_parameters": {"tools": [{"function": {"name": POISON}}], "temperature": 1},
    "hidden_params": {"api_base": POISON},
    "metadata": {
        "user_api_key_hash": POISON,
        "user_api_key_user_id": "who-" + POISON,
        "user_api_key_alias": POISON,
        "requester_custom_headers": {"x-key": POISON},
        "usage_object": {
            "prompt_tokens": 1500,
            "completion_tokens": 300,
            "prompt_tokens_details": {"cached_tokens": 1000},
            "cache_read_input_tokens": 1000,
            "cache_creation_input_tokens": 400,
            "completion_tokens_details": {"reasoning_tokens": 30},
        },
    },
    "error_str": None,
}

_ROW = {
    "request_id": "chatcmpl-2",
    "call_type": "completion",
    "api_key": "sk-" + POISON,
    "spend": "0.0000125",
    "total_tokens": 30,
    "prompt_tokens": 20,
    "completion_tokens": 10,
    "startTime": "2026-11-02T10:00:08.000Z",
    "endTime": "2026-11-02T10:00:09.500Z",
    "completionStartTime": "2026-11-02T10:00:09.500Z",
    "model": "azure/gpt-4o",
    "model_group": "gpt-4o",
    "custom_llm_provider": "azure",
    "api_base": "https://" + POISON + ".example",
    "user": "who-" + POISON,
    "metadata": '{"usage_object": {"prompt_tokens_details": {"cached_tokens": 16}}, "user_api_key": "' + POISON + '"}',
    "cache_hit": "None",
    "cache_key": POISON,
    "request_tags": "[]",
    "team_id": POISON,
    "requester_ip_address": "10.9.8.7",
    "messages": POISON,
    "response": "{}",
    "proxy_server_request": {"body": POISON},
    "session_id": POISON,
    "status": "success",
}

LITELLM = [
    (
        _PAYLOAD,
        [
            event(
                "call-1",
                "anthropic.claude-3-5-sonnet-20240620-v1:0",
                1500,
                300,
                7500,
                provider="bedrock",
                tokens_reasoning=30,
                tokens_cached=1000,
                tokens_cache_write=400,
                cost_nano_usd=123_450,
                streamed=True,
                finish_reason="tool_calls",
                tools_offered=True,
                latency_ms=2250,
                first_token_ms=500,
                account="who-" + POISON,
            )
        ],
    ),
    (
        _ROW,
        [
            event(
                "chatcmpl-2",
                "gpt-4o",
                20,
                10,
                9500,
                provider="azure",
                tokens_cached=16,
                cost_nano_usd=12_500,
                latency_ms=1500,
                account="who-" + POISON,
            )
        ],
    ),
    # Gemini's reasoning beside its completion, as the total says; an answer from the cache; a failure; what is none.
    (
        [
            {
                **_ROW,
                "request_id": "r-3",
                "user": "",
                "metadata": {"usage_object": {"completion_tokens_details": {"reasoning_tokens": 105}}},
                "model": "gemini/gemini-2.5-pro",
                "custom_llm_provider": "gemini",
                "prompt_tokens": 9,
                "completion_tokens": 198,
                "total_tokens": 312,
                "completionStartTime": "2026-11-02 10:00:08.250000",
            },
            {**_ROW, "request_id": "r-4", "user": None, "metadata": {}, "cache_hit": "True", "spend": 0},
            {
                **_ROW,
                "request_id": "r-5",
                "user": None,
                "metadata": None,
                "status": "failure",
                "spend": None,
                "startTime": "2026-11-02T10:00:09.500Z",
                "prompt_tokens": 0,
                "completion_tokens": 0,
                "total_tokens": 0,
            },
            {**_ROW, "request_id": "r-6", "call_type": "aget_responses"},
            {**_ROW, "request_id": "r-7", "call_type": "aembedding"},
        ],
        [
            event(
                "r-3",
                "gemini-2.5-pro",
                9,
                303,
                9500,
                provider="gemini",
                tokens_reasoning=105,
                cost_nano_usd=12_500,
                latency_ms=1500,
                streamed=True,
                first_token_ms=250,
            ),
            event(
                "r-4",
                "gpt-4o",
                20,
                10,
                9500,
                provider="azure",
                cost_nano_usd=0,
                latency_ms=1500,
                is_gateway_cache_hit=True,
            ),
            event("r-5", "gpt-4o", 0, 0, 9500, provider="azure", finish_reason="error"),
            LEFT_OUT,
            LEFT_OUT,
        ],
    ),
]

_OBSERVATION = {
    "id": "obs-1",
    "trace_id": POISON,
    "type": "GENERATION",
    "start_time": "2026-11-02 10:00:10.000000",
    "end_time": "2026-11-02 10:00:12.250000",
    "name": POISON,
    "input": POISON + " \ud83d",  # which JavaScript cut within a character
    "output": {"content": POISON},
    "metadata": {"ip": POISON},
    "level": "DEFAULT",
    "status_message": POISON,
    "provided_model_name": "claude-sonnet-4-5-20250929",
    "usage_details": {
        "input": 100,
        "input_cache_read": 900,
        "cache_creation_input_tokens": 50,
        "output": 40,
        "output_reasoning": 60,
        "total": 1150,
    },
    "cost_details": {"input": 0.1, "output": 0.2, "total": 0.3},
    "total_cost": 0.0123456789,
    "latency": 2.25,
    "time_to_first_token": 0.4,
    "tool_definitions": {POISON: "{}"},
    "user_id": "who-" + POISON,
    "session_id": POISON,
    "tags": [POISON],
    "updated_at": "2026-11-02 11:00:00.000000",
}

LANGFUSE = [
    (
        _OBSERVATION,
        [
            event(
                "obs-1",
                "claude-sonnet-4-5-20250929",
                1050,
                100,
                12_250,
                tokens_reasoning=60,
                tokens_cached=900,
                tokens_cache_write=50,
                cost_nano_usd=12_345_679,
                tools_offered=True,
                latency_ms=2250,
                first_token_ms=400,
                account="who-" + POISON,
            )
        ],
    ),
    # An SDK that sends the input with the cache in it; no total, no end; a span; the API's names.
    (
        [
            {
                "id": "obs-2",
                "type": "GENERATION",
                "start_time": "2026-11-02 10:00:13",
                "end_time": None,
                "latency": 1.5,
                "provided_model_name": "gpt-4o",
                "usage_details": '{"input": "1000", "input_cached_tokens": "800", "output": "10", "total": "1010"}',
                "cost_details": {"total": "0.0025"},
                "level": "ERROR",
            },
            {"id": "obs-3", "type": "GENERATION", "start_time": "2026-11-02 10:00:13", "end_time": None},
            {"id": "obs-4", "type": "SPAN", "start_time": "2026-11-02 10:00:13", "end_time": "2026-11-02 10:00:14"},
            {
                "id": "obs-5",
                "type": "GENERATION",
                "startTime": "2026-11-02T10:00:14.000Z",
                "endTime": "2026-11-02T10:00:15.000Z",
                "completionStartTime": "2026-11-02T10:00:14.200Z",
                "model": "gpt-4o",
                "usageDetails": {"input": 12, "output": 3, "total": 15},
                "calculatedTotalCost": 0.00006,
                "userId": None,
                "modelParameters": {"stop": POISON},
            },
        ],
        [
            event(
                "obs-2",
                "gpt-4o",
                1000,
                10,
                14_500,
                tokens_cached=800,
                cost_nano_usd=2_500_000,
                finish_reason="error",
                latency_ms=1500,
            ),
            LEFT_OUT,
            LEFT_OUT,
            event("obs-5", "gpt-4o", 12, 3, 15_000, cost_nano_usd=60_000, latency_ms=1000, first_token_ms=200),
        ],
    ),
]


def _value(value):
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_value(item) for item in value]}}
    return {"stringValue": value}


def span(number, attributes, parent=None, status=None, **fields):
    """Of one second and a half, ended `number` seconds after the hour's begin."""
    end = (HOUR_MS + 1000 * number) * 1_000_000
    made = {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": f"eee19b7ec3c1b1{number:02x}",
        "name": "chat " + POISON,
        "kind": 3,
        "startTimeUnixNano": str(end - 1_500_000_000),
        "endTimeUnixNano": str(end),
        "attributes": [{"key": key, "value": _value(value)} for key, value in attributes.items()],
        "events": [{"name": "gen_ai.content.prompt", "attributes": [{"key": "c", "value": _value(POISON)}]}],
        "status": {} if status is None else {"code": status, "message": POISON},
        **fields,
    }
    return {**made, "parentSpanId": f"eee19b7ec3c1b1{parent:02x}"} if parent is not None else made


def request(spans, scope="my.instrumentation", version="1.0.0"):
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": [{"key": "host.name", "value": _value(POISON)}]},
                "scopeSpans": [{"scope": {"name": scope, "version": version}, "spans": spans}],
            }
        ]
    }


def span_id(number):
    return f"5b8efff798038103d269b633813fc60c-eee19b7ec3c1b1{number:02x}"


_CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-2024-08-06",
    "gen_ai.response.id": "chatcmpl-" + POISON,
    "gen_ai.usage.input_tokens": 120,
    "gen_ai.usage.output_tokens": 30,
    "gen_ai.usage.cache_read.input_tokens": 64,
    "gen_ai.usage.cache_creation.input_tokens": 10,
    "gen_ai.usage.reasoning.output_tokens": 12,
    "gen_ai.response.finish_reasons": ["stop", "length"],
    "gen_ai.response.time_to_first_chunk": 0.25,
    "gen_ai.input.messages": POISON,
    "gen_ai.output.messages": POISON,
    "gen_ai.system_instructions": POISON,
    "gen_ai.tool.definitions": [POISON],
    "server.address": POISON + ".example",
    "http.request.header.authorization": "Bearer " + POISON,
}

OTEL = [
    # The conventions of 2026; an agent above it, which repeats its tokens; a framework's span below it, too.
    (
        request(
            [
                span(16, {**_CHAT, "gen_ai.operation.name": "invoke_agent"}),
                span(17, _CHAT, parent=16),
                span(18, {**_CHAT, "gen_ai.operation.name": "chat"}, parent=17),
                span(19, {"http.request.method": "POST", "url.full": POISON}),
            ]
        ),
        [
            LEFT_OUT,
            event(
                span_id(17),
                "gpt-4o-2024-08-06",
                120,
                30,
                17_000,
                provider="openai",
                tokens_reasoning=12,
                tokens_cached=64,
                tokens_cache_write=10,
                streamed=True,
                finish_reason="stop",
                tools_offered=True,
                latency_ms=1500,
                first_token_ms=250,
            ),
            LEFT_OUT,
            LEFT_OUT,
        ],
    ),
    # Before: gen_ai.system, prompt_tokens and completion_tokens (both spellings), words of Bedrock and Azure; an error.
    (
        request(
            [
                span(
                    20,
                    {
                        "gen_ai.operation.name": "chat",
                        "gen_ai.system": "aws.bedrock",
                        "gen_ai.request.model": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
                        "gen_ai.usage.prompt_tokens": 5000,
                        "gen_ai.usage.completion_tokens": 70,
                        "gen_ai.usage.cache_read_input_tokens": 1000,
                        "gen_ai.usage.cache_write_input_tokens": 200,
                        "gen_ai.response.finish_reasons": ["end_turn"],
                    },
                ),
                span(
                    21,
                    {
                        "gen_ai.system": "az.ai.openai",
                        "gen_ai.request.model": "gpt-4o",
                        "gen_ai.usage.prompt_tokens": 50,
                        "gen_ai.usage.input_tokens": 50,
                        "gen_ai.usage.completion_tokens": 7,
                        "gen_ai.usage.output_tokens": 7,
                        "gen_ai.usage.input_tokens.cached": 40,
                        "gen_ai.response.finish_reasons": '["max_tokens"]',
                    },
                ),
                span(
                    22,
                    {"gen_ai.operation.name": "text_completion", "gen_ai.request.model": "gpt-4o", "error.type": "429"},
                    status=2,
                ),
                span(
                    23,
                    {
                        "gen_ai.operation.name": "generate_content",
                        "gen_ai.system": "gcp.vertex_ai",
                        "gen_ai.request.model": "models/gemini-2.5-pro",
                        "gen_ai.usage.input_tokens": 9,
                        "gen_ai.usage.output_tokens": 198,
                        "gen_ai.usage.reasoning_tokens": 105,
                        "gen_ai.response.finish_reasons": ["SAFETY"],
                        "gen_ai.usage.cost": 0.00125,
                    },
                ),
                span(24, {**_CHAT, "gen_ai.operation.name": "embeddings"}),
            ]
        ),
        [
            event(
                span_id(20),
                "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
                6200,
                70,
                20_000,
                provider="bedrock",
                tokens_cached=1000,
                tokens_cache_write=200,
                finish_reason="stop",
                latency_ms=1500,
            ),
            event(
                span_id(21),
                "gpt-4o",
                50,
                7,
                21_000,
                provider="azure",
                tokens_cached=40,
                finish_reason="length",
                latency_ms=1500,
            ),
            event(span_id(22), "gpt-4o", None, None, 22_000, finish_reason="error", latency_ms=1500),
            event(
                span_id(23),
                "gemini-2.5-pro",
                9,
                303,
                23_000,
                provider="vertex_ai",
                tokens_reasoning=105,
                cost_nano_usd=1_250_000,
                finish_reason="content_filter",
                latency_ms=1500,
            ),
            LEFT_OUT,
        ],
    ),
    # The oldest names, in snake_case; an instrumentation that is known to add the cache to Anthropic's input itself.
    (
        {
            "resource_spans": [
                {
                    "instrumentation_library_spans": [
                        {
                            "instrumentation_library": {"name": "opentelemetry.instrumentation.anthropic"},
                            "spans": [
                                {
                                    "trace_id": "W47/95gDgQPSabYzgT/GDA==",
                                    "span_id": "7uGbfsPBsRk=",
                                    "start_time_unix_nano": 1_793_613_624_000_000_000,
                                    "end_time_unix_nano": 1_793_613_625_000_000_000,
                                    "attributes": [
                                        {"key": "llm.request.type", "value": {"string_value": "chat"}},
                                        {"key": "llm.vendor", "value": {"string_value": "Anthropic"}},
                                        {"key": "llm.request.model", "value": {"string_value": "claude-3-opus"}},
                                        {"key": "llm.usage.prompt_tokens", "value": {"int_value": 1100}},
                                        {"key": "llm.usage.completion_tokens", "value": {"int_value": 5}},
                                        {"key": "gen_ai.usage.cache_read_input_tokens", "value": {"int_value": 1000}},
                                    ],
                                }
                            ],
                        }
                    ]
                }
            ]
        },
        [
            event(
                "5b8efff798038103d269b633813fc60c-eee19b7ec3c1b119",
                "claude-3-opus",
                1100,
                5,
                25_000,
                provider="anthropic",
                tokens_cached=1000,
                latency_ms=1000,
            )
        ],
    ),
]


def _varint(number):
    out = b""
    number &= (1 << 64) - 1
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def _part(number, value):
    """A field of protobuf: a message, a text, or a number."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    value = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _any(value):
    (kind, inner), *_ = value.items()
    if kind == "stringValue":
        return _part(1, inner)
    if kind == "boolValue":
        return _part(2, int(inner))
    if kind == "intValue":
        return _part(3, int(inner))
    if kind == "doubleValue":
        return _varint(4 << 3 | 1) + struct.pack("<d", inner)
    return _part(5, b"".join(_part(1, _any(item)) for item in inner["values"]))


def _attributes(number, attributes):
    return b"".join(_part(number, _part(1, pair["key"]) + _part(2, _any(pair["value"]))) for pair in attributes)


def _span(made):
    out = _part(1, bytes.fromhex(made["traceId"])) + _part(2, bytes.fromhex(made["spanId"]))
    out += _part(4, bytes.fromhex(made.get("parentSpanId", ""))) + _part(5, made["name"]) + _part(6, made["kind"])
    for number, name in ((7, "startTimeUnixNano"), (8, "endTimeUnixNano")):
        out += _varint(number << 3 | 1) + struct.pack("<Q", int(made[name]))
    out += _attributes(9, made["attributes"])
    for happened in made["events"]:
        out += _part(11, _part(2, happened["name"]) + _attributes(3, happened["attributes"]))
    status = made["status"]
    return out + _part(15, _part(2, status["message"]) + _part(3, status["code"]) if status else b"")


def protobuf(made):
    """A request of request() as OTLP in protobuf."""
    out = b""
    for resource in made["resourceSpans"]:
        inner = _part(1, _attributes(1, resource["resource"]["attributes"]))
        for group in resource["scopeSpans"]:
            scope = _part(1, group["scope"]["name"]) + _part(2, group["scope"]["version"])
            inner += _part(2, _part(1, scope) + b"".join(_part(2, _span(each)) for each in group["spans"]))
        out += _part(1, inner)
    return out


RECORDS = {"openrouter": OPENROUTER, "litellm": LITELLM, "langfuse": LANGFUSE, "otel": OTEL}
