"""The national register of schools, trusts and councils (GIAS): read from its published files, looked up by people.

It says who exists; `licences.people.organisations` says who is ours. No row here belongs to a person.
"""
