"""The dashboard: pages over one release of a shop, rendered on the server.

Here: what a page shows and how. A page is a function of a release and of filters; every state is a URL.
Not here: the API for programs, and the static report (`publish/pages/`).
"""
