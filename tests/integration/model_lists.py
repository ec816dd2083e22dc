"""Lists of models in the forms that others publish, written by hand: new models, new prices, hosts, what is odd."""

LITELLM = {
    "sample_spec": {"mode": "one of: chat, embedding, completion", "litellm_provider": "one of ..."},
    "gpt-90-turbo-2031-02-03": {
        "litellm_provider": "openai",
        "mode": "chat",
        "input_cost_per_token": 1.25e-06,
        "output_cost_per_token": 1e-05,
        "supports_reasoning": True,
    },
    "azure/eu/gpt-90-turbo": {"litellm_provider": "azure", "mode": "chat", "input_cost_per_token": 9e-06},
    "gpt-4o": {
        "litellm_provider": "openai",
        "mode": "chat",
        "input_cost_per_token": 2e-06,
        "output_cost_per_token": 8e-06,
    },
    "gpt-90-embedding": {"litellm_provider": "openai", "mode": "embedding", "input_cost_per_token": 2e-08},
    "gpt-90-latest": {"litellm_provider": "openai", "mode": "chat"},
}

MODELS_DEV = {
    "moonshotai": {
        "id": "moonshotai",
        "name": "Moonshot AI",
        "models": {
            "kimi-k90": {
                "id": "kimi-k90",
                "name": "Kimi K90",
                "release_date": "2031-02-03",
                "open_weights": True,
                "reasoning": True,
                "cost": {"input": 0.6, "output": 2.5},
                "modalities": {"input": ["text"], "output": ["text"]},
            },
            "kimi-k2": {"id": "kimi-k2", "open_weights": False, "reasoning": False, "release_date": "2025-07-11"},
        },
    },
    "some-host": {"models": {"kimi-k91": {"id": "kimi-k91", "cost": {"input": 1, "output": 1}}}},
}

OPENROUTER = {
    "data": [
        {
            "id": "acme/parrot-90",
            "canonical_slug": "acme/parrot-90-20310203",
            "name": "Acme: Parrot 90",
            "created": 1927843200,
            "hugging_face_id": "acme/Parrot-90",
            "architecture": {"output_modalities": ["text"]},
            "pricing": {"prompt": "0.00000015", "completion": "0.0000006"},
            "supported_parameters": ["tools", "reasoning"],
        },
        {"id": "acme/parrot-90:free", "pricing": {"prompt": "0", "completion": "0"}},
        {"id": "openrouter/auto", "pricing": {"prompt": "-1", "completion": "-1"}},
    ]
}
