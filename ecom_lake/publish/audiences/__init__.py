"""Lists of customers for campaigns, with a group that is left out on purpose, so that the campaign's effect can be measured."""
