"""Whether a local cloud answers yet."""

from __future__ import annotations

import http.client
import ssl
import urllib.error
import urllib.request

from local_cloud.settings import LocalCloudSettings

ANSWER_SECONDS = 2.0


def answers(settings: LocalCloudSettings) -> bool:
    """Whether the server of these settings has loaded its state and takes requests.

    Another program on the same port is not taken for it: its certificate is not ours.
    """
    trust = ssl.create_default_context(cafile=str(settings.ca_bundle))
    opener = urllib.request.build_opener(
        # No proxy knows this machine's own address.
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPSHandler(context=trust),
    )
    url = f"{settings.endpoint_url}/_ministack/ready"
    try:
        with opener.open(url, timeout=ANSWER_SECONDS) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError):
        return False
