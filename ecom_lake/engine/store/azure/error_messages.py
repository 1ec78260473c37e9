"""What Azure's errors mean, each in one sentence: what happened and what to do.

Never the client's own text, which may contain secrets.
"""

from __future__ import annotations

from azure.core.exceptions import AzureError, ClientAuthenticationError

from ecom_lake.engine.store.retry import TRANSIENT


def explain(error: Exception, container: str) -> str | None:
    """None for an error that is not about reaching the store."""
    if isinstance(error, FileNotFoundError):
        known = error.__cause__
        return explain(known, container) if isinstance(known, AzureError) and _code(known) == "ContainerNotFound" else None
    if not isinstance(error, AzureError):
        return "the store could not be reached. Check the network, then run it again." if isinstance(error, TRANSIENT) else None
    code, status = _code(error), getattr(error, "status_code", None)
    kind = code or type(error).__name__
    if code in ("ContainerNotFound", "ContainerBeingDeleted"):
        return f"there is no container '{container}'. Create it (`az storage container create`), or name another one."
    if code == "AuthorizationPermissionMismatch":
        return (
            f"Azure denied this identity access to the container ({kind}). Give the identity the role 'Storage Blob Data "
            "Contributor', or the SAS the rights rwdlc."
        )
    if status in (401, 403) or isinstance(error, ClientAuthenticationError):
        return (
            f"Azure refused the credentials ({kind}). Check AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_ACCOUNT_KEY or "
            "AZURE_STORAGE_SAS_TOKEN (has it expired?) and the account's firewall; with none of the three, `az login` or a "
            "managed identity is used."
        )
    if status in (429, 503):
        return f"Azure is too busy ({kind}), also after several tries. Run it again later; committed states are kept."
    if status is None or status < 400:  # or broke off in the middle of a good answer
        return (
            f"Azure could not be reached ({kind}), also after several tries. Check the account's name, the network and the "
            "firewall, then run it again; committed states are kept."
        )
    return (
        f"Azure answered {status} ({kind}), also after several tries. Run it again; if it fails again, see Azure's status page."
    )


def _code(error: BaseException) -> str:
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or "")
