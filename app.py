"""CDK entry point: context in, App out, no AWS call."""

from __future__ import annotations

from pathlib import Path

from infra.app import build_app

if __name__ == "__main__":
    build_app(Path(__file__).resolve().parent).synth()
