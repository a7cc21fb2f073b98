"""The catalogue, asked from outside: `pymacaron test --start`, in the folder of the shop."""

from __future__ import annotations

from pymacaron.test import PyMacaronTestCase

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
TEA = {"sku": "TEA-300", "title": "Gyokuro", "category": "tea", "prices": {"EUR": 3000}}
PATH = "/v1/products/TEA-300"


class ProductsTest(PyMacaronTestCase):
    def setUp(self):
        self.assertCallReturnJson("PUT", PATH, TEA, status=(200, 201))

    def tearDown(self):
        if self.call("GET", PATH).status == 200:
            self.assertCallReturnOk("DELETE", PATH)

    def test_products_are_found(self):
        query = {"category": "tea,cups", "filter[max_price]": 5000, "tag": ["green"], "sort": "-price", "page_size": 2}
        page = self.assertGetReturnDict("/v1/products", query=query, headers={"X-Currency": "EUR"})
        assert all("green" in product["tags"] for product in page["products"])
        assert self.answer.headers["x-total-count"].isdigit()
        self.assertGetReturnError("/v1/products?page_token=stale", 422, "INVALID_PAGE_TOKEN")
        self.assertGetReturnJson("/v1/products?text=steamed")

    def test_a_product_is_there_once(self):
        self.assertPostReturnError("/v1/products", TEA, 409, "PRODUCT_EXISTS")
        self.assertCallReturnOk("DELETE", PATH)
        self.assertGetReturnError(PATH, 404, "PRODUCT_NOT_FOUND")
        assert self.assertPostReturnJson("/v1/products", TEA, status=201)["stock"] == 0
        assert self.answer.headers["location"] == PATH

    def test_a_product_changes(self):
        assert self.assertCallReturnJson("PUT", PATH, {**TEA, "title": "Sencha"})["title"] == "Sencha"
        patch = {"content-type": "application/merge-patch+json"}
        assert self.assertCallReturnJson("PATCH", PATH, {"stock": 4}, headers=patch)["stock"] == 4
        self.assertCallReturnError("PATCH", PATH, {"stock": -1}, 400, "INVALID_PARAMETER", headers=patch)

    def test_a_product_has_a_picture(self):
        assert self.call("GET", f"{PATH}/picture").status == 204
        files = {"picture": ("tea.png", PNG, "image/png")}
        told = self.assertCallReturnJson("PUT", f"{PATH}/picture", form={"caption": "Schön"}, files=files)
        assert told == {"content_type": "image/png", "bytes": len(PNG), "caption": "Schön"}
        assert self.call("GET", f"{PATH}/picture").body == PNG

    def test_lists(self):
        assert self.assertGetReturnJson("/v1/categories?depth=1")
        assert self.assertGetReturnJson("/v1/stock/TEA-300,XXX-999") == {"TEA-300": 0}
        dollars, table = {"X-Currency": "USD"}, {"content-type": "text/csv; charset=utf-8"}
        put = self.assertCallReturnJson("PUT", "/v1/prices.csv", "sku,USD\r\nTEA-300,9\r\n", headers=dollars | table)
        assert put == {"updated": 1, "unknown": []}
        assert "TEA-300,Gyokuro,9.00" in self.assertCallReturnText("GET", "/v1/prices.csv", headers=dollars)
