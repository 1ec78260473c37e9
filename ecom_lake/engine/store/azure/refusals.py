"""What Azure's refusals mean, each in one sentence: what happened and what to do.

Never the client's own text, which may hold what is secret.
"""

from __future__ import annotations

from azure.core.exceptions import AzureError, ClientAuthenticationError

from ecom_lake.engine.store.retry import PASSING


def explain(error: Exception, container: str) -> str | None:
    """None for an error that is not about reaching the store."""
    if isinstance(error, FileNotFoundError):
        known = error.__cause__
        return explain(known, container) if isinstance(known, AzureError) and _code(known) == "ContainerNotFound" else None
    if not isinstance(error, AzureError):
        return "the store could not be reached. Look at the network, then run it again." if isinstance(error, PASSING) else None
    code, status = _code(error), getattr(error, "status_code", None)
    kind = code or type(error).__name__
    if code in ("ContainerNotFound", "ContainerBeingDeleted"):
        return f"there is no container '{container}'. Make it (`az storage container create`), or name another one."
    if code == "AuthorizationPermissionMismatch":
        return (
            f"Azure knows us but does not let us ({kind}). Give the identity the role 'Storage Blob Data Contributor', or the "
            "SAS the rights rwdlc."
        )
    if status in (401, 403) or isinstance(error, ClientAuthenticationError):
        return (
            f"Azure refuses us ({kind}). Check AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_ACCOUNT_KEY or "
            "AZURE_STORAGE_SAS_TOKEN (has it expired?) and the account's firewall; with none of the three, `az login` or a "
            "managed identity lets us in."
        )
    if status in (429, 503):
        return f"Azure is too busy for us ({kind}), also after several tries. Run it again later; what is committed stays."
    if status is None or status < 400:  # or broke off in the middle of a good answer
        return (
            f"Azure could not be reached ({kind}), also after several tries. Check the account's name, the network and the "
            "firewall, then run it again; what is committed stays."
        )
    return (
        f"Azure answered {status} ({kind}), also after several tries. Run it again; if it stays so, look at Azure's status page."
    )


def _code(error: BaseException) -> str:
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or "")
