"""With what does a OneRoster server want to be asked for a key (SIMS §4)?"""

from connectors.oneroster.options import ServerOptions
from sims_sync.client_credentials import ClientCredentials, KeyRequest
from sims_sync.connector import SecretReader


class TokenAuthority(ClientCredentials):
    """The key to a OneRoster server: `scope` and, in SIMS ID, the school (`acr_values`) are asked for with it."""

    def __init__(self, options: ServerOptions, secret: SecretReader) -> None:
        request = KeyRequest(
            token_url=options.token_url,
            client_id=options.client_id,
            client_secret=options.client_secret,
            authentication=options.client_authentication,
            further={"scope": options.scope, "acr_values": options.acr_values},
            keys="client_id, its secret, scope, acr_values and token_url",
        )
        super().__init__(request, options, secret)
