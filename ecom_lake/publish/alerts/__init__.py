"""Alerts and scheduled reports: facts about a shop, as messages to the channels of lake.toml (docs/alerts.md).

Start with notify.py. Rules read the lake (build_rules.py, month_rules.py); channels send the messages (webhook.py, mail.py,
apprise_service.py).
"""
