"""An environment as the worker moves its traffic."""

from __future__ import annotations

from dataclasses import dataclass

from mltui.domain.deployment import Deployment, Environment
from mltui.domain.policy import EnvironmentPolicy
from mltui.registry import deployments, environments
from mltui.serving.admin import GatewayAdmin
from mltui.worker.environments import gateways
from mltui.workspace import Workspace


@dataclass(frozen=True)
class Place:
    """An environment with the rules that hold for it now."""

    workspace: Workspace
    name: str
    rules: EnvironmentPolicy
    engine_name: str

    @property
    def environment(self) -> Environment:
        return environments.find(self.workspace.registry.read(), self.name) or Environment(name=self.name)

    def current(self) -> Deployment | None:
        pointer = self.environment.deployment_id
        return None if pointer is None else deployments.find(self.workspace.registry.read(), pointer)

    def end_gateway_at_rest(self) -> None:
        """While nothing answers, so that the next one takes the endpoint and the guard of the rules as they are now."""
        if self.environment.is_stopped:
            gateways.end_gateway(self.workspace, self.name, engine_name=self.engine_name)

    def gateway(self) -> GatewayAdmin:
        return gateways.ensure_gateway(self.workspace, self.name, engine_name=self.engine_name, rules=self.rules)
