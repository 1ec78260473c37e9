"""A release as an Excel workbook."""
