"""mltui.toml and policy.toml as frozen values."""
