"""The shapes by name, as `synth --as` takes them."""

from __future__ import annotations

from ecom_lake.synth.shapes.flat_orders import FlatOrders
from ecom_lake.synth.shapes.four_tables import FourTables
from ecom_lake.synth.shapes.invoices import Invoices
from ecom_lake.synth.shapes.shape import Shape
from ecom_lake.synth.shapes.shop_database import ShopDatabase
from ecom_lake.synth.shapes.shopify import Shopify
from ecom_lake.synth.shapes.shoppers import Shoppers
from ecom_lake.synth.shapes.woocommerce import WooCommerce

SHAPES: dict[str, type[Shape]] = {
    shape.name: shape for shape in (Shopify, WooCommerce, FlatOrders, FourTables, Shoppers, ShopDatabase, Invoices)
}
