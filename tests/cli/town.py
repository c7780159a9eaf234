"""A city with people who sit at terminals, each enrolled by the real programs."""
import base64
import hashlib
import json
import os

from city import City
from cli import Person
from harness import equal
from purser import pb


class Town(City):
    """A city, and people who sit at terminals: each enrolled by the real programs."""

    def __init__(self):
        super().__init__()
        self.seats = {}

    def seat(self, name, unit_id, role, lang="zh"):
        """The terminal of a new person; the invite is made by an operator's terminal."""
        if name in self.seats:
            return self.seats[name]
        person = Person(lang)
        said = self.operator_seat.run("invite", "--name", name, "--unit", unit_id, "--role", role).ends(0)
        invite = said.out.strip()
        equal(len(invite.split()), 1)
        listed = self.operator.get("PersonService/ListPersons", unit_id=unit_id, page_size=1000).persons
        (proposed,) = [p for p in listed if p.person_name == name]
        self.leader.do("PersonService/ConfirmPerson", person_id=proposed.person_id, etag=proposed.etag)
        person.run("enroll", "-", stdin=invite.encode()).ends(0).says(name)
        self.seats[name] = person
        return person

    @property
    def operator_seat(self):
        """A second operator, who has a terminal."""
        if "operator" not in self.seats:
            self.seats["operator"] = Person()
            code = os.urandom(20)
            proposed = self.operator.do(
                "UnitService/ProposePerson", person_name="操作员乙", unit_id="210", roles=[pb.ROLE_OPERATOR],
                invite_hash=hashlib.sha256(code).digest(),
                invite_expires_us=self.operator.now_us() + 86_400_000_000)
            self.leader.do("PersonService/ConfirmPerson", person_id=proposed.person_id, etag=proposed.etag)
            self.seats["operator"].run("enroll", self.invite_with(code)).ends(0)
        return self.seats["operator"]

    def invite_with(self, code, **other):
        first = self.invites[0]
        fields = {"server": first.servers, "tls_name": first.tls_name, "ca": first.ca_pem,
                  "audience": first.audience, "vkey": first.vkey,
                  "code": base64.b64encode(code).decode(), **other}
        return "purser1." + base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")

    def close(self):
        for person in self.seats.values():
            person.close()
        super().close()
