from datetime import datetime

from pymacaron import ApiPool, is_error
from pymacaron.models import Biscuit, Cup
from pymacaron_apis.tea import handlers

client = ApiPool.tea.client
cup = Cup(tea="Assam", poured=datetime.now(), biscuits=[Biscuit(name="shortbread", pieces=2)], str=1)
Cup(tea="Assam")  # wrong
Cup(tea=5, poured=datetime.now())  # wrong
Cup(tea="Assam", poured="now")  # wrong
Cup(tea="Assam", poured=datetime.now(), milk=True)  # wrong
Cup(tea="Assam", poured=datetime.now(), size="huge")  # wrong
size: str = cup.size
cup.from_ = None
cup.tee  # wrong
cup.tea = 5  # wrong
cup.note.upper()  # wrong
ApiPool.coffee  # wrong
ApiPool.tea.model.Cap  # wrong
poured = client.pour_cup({"tea": "Assam"}, request_headers={"a": "b"})
if is_error(poured):
    raise SystemExit(poured.status)
again: Cup = poured
client.pour_cup()  # wrong
client.pour_cup("tea")  # wrong
client.pour_cup(cup, tiemout=5)  # wrong
client.list_cups()  # wrong
client.list_cups(x_request_id=5)  # wrong
client.list_cups(x_request_id="1", size="huge")  # wrong
status: int | None = client.list_cups(x_request_id="1", timeout=2.5, timeout_=5, with_response=True).status
client.drnk_up(id="1")  # wrong
number: int = client.drink_up(id="1")  # wrong


def pour(cup: Cup) -> tuple[Cup, int]:
    return cup, 201


def drink(id: int) -> None: ...


def pour_much(cup: Cup) -> str:
    return "tea"


async def drink_later(id: str) -> None: ...


poured_by: handlers.PourCup = pour
drunk_later: handlers.DrinkUp = drink_later
drunk_by: handlers.DrinkUp = drink  # wrong
poured_wrongly: handlers.PourCup = pour_much  # wrong
