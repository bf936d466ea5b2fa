//! Bookings and the rows that they charge.

use proof::Time;

use crate::{
    capability::CapabilityName,
    id::{BookingId, ClientId, GrantId, TokenId},
    power::{Currency, Last, Money, Used},
};

/// Which row is charged: the nth power of a grant, or of a token with limits of its own, for a capability.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BudgetId {
    /// The grant, or the token.
    pub grant: GrantId,
    /// The capability.
    pub capability: CapabilityName,
    /// Which of the grant's powers for it, from 0.
    pub place: u32,
}

impl BudgetId {
    /// As rows write it.
    pub fn row(&self) -> String {
        format!("{} {} {}", self.grant, self.capability.as_str(), self.place)
    }

    /// Reads what [`Self::row`] wrote.
    pub fn from_row(text: &str) -> Option<Self> {
        let mut parts = text.split(' ');
        let (grant, capability, place) = (parts.next()?, parts.next()?, parts.next()?);
        let id = Self {
            grant: GrantId::parse(grant)?,
            capability: CapabilityName::parse(capability)?,
            place: place.parse().ok()?,
        };
        parts.next().is_none().then_some(id)
    }
}

/// A row that a booking charged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Debit {
    /// Which row.
    pub budget: BudgetId,
    /// In which currency, if money was charged to it. A limit that a grant was given since then was not charged, and gets nothing back.
    pub currency: Option<Currency>,
}

impl Debit {
    /// As rows write it.
    pub fn row(&self) -> String {
        let row = self.budget.row();
        match &self.currency {
            None => row,
            Some(currency) => format!("{row} {}", currency.as_str()),
        }
    }

    /// Reads what [`Self::row`] wrote.
    pub fn from_row(text: &str) -> Option<Self> {
        if let Some(budget) = BudgetId::from_row(text) {
            return Some(Self { budget, currency: None });
        }
        let (row, currency) = text.rsplit_once(' ')?;
        Some(Self {
            budget: BudgetId::from_row(row)?,
            currency: Some(Currency::parse(currency)?),
        })
    }
}

/// What was used of a power so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// What was used.
    pub used: Used,
    /// How often it was charged: where the pace of a value is bounded, a charge expects the turn that it saw.
    pub turn: i64,
}

/// What an entry says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It was done.
    Consume,
    /// It will be done, or not.
    Reserve,
    /// A block of uses is out.
    Lease,
    /// A token was issued for exactly this.
    Issue,
    /// A booking ended: so much was used.
    Settle,
    /// A booking ended: nothing was used.
    Void,
    /// A booking ended by itself.
    Expire,
}

impl Kind {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::Consume,
        Self::Reserve,
        Self::Lease,
        Self::Issue,
        Self::Settle,
        Self::Void,
        Self::Expire,
    ];

    /// The name in rows and documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Consume => "consume",
            Self::Reserve => "reserve",
            Self::Lease => "lease",
            Self::Issue => "issue",
            Self::Settle => "settle",
            Self::Void => "void",
            Self::Expire => "expire",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it waits for its end.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Reserve | Self::Lease)
    }
}

/// One entry of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id; of an end, the booking's with `.end` behind it.
    pub id: BookingId,
    /// What it says.
    pub kind: Kind,
    /// The grant of the token.
    pub grant: GrantId,
    /// The capability.
    pub capability: CapabilityName,
    /// Uses; of an end, those that count.
    pub units: u32,
    /// What was spent together; of an end, what counts of it.
    pub amount: Option<Money>,
    /// The rows that were charged.
    pub budgets: Vec<Debit>,
    /// Who acted.
    pub client: ClientId,
    /// Who booked it: the resource; the client itself where a token was issued.
    pub by: ClientId,
    /// By which token.
    pub token: Option<TokenId>,
    /// Of what exactly was asked, so that a key means one thing.
    pub digest: String,
    /// When.
    pub at: Time,
    /// When it ends by itself, while it waits.
    pub expires: Option<Time>,
}

impl Entry {
    /// What stands behind the id of a booking in that of its end.
    pub const END: &'static str = ".end";

    /// Whether its time is over, ended or not.
    pub fn is_over(&self, now: Time) -> bool {
        self.expires.is_some_and(|end| end <= now)
    }

    /// The id of the end of this booking.
    pub fn end_id(&self) -> BookingId {
        BookingId::from_alphabet(format!("{}{}", self.id, Self::END))
    }
}

/// A booking with its end, if it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booked {
    /// The booking.
    pub entry: Entry,
    /// How it ended.
    pub end: Option<Ended>,
}

/// How a booking ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// By what.
    pub kind: Kind,
    /// Uses that count.
    pub units: u32,
    /// What counts of what was spent.
    pub amount: Option<Money>,
    /// When.
    pub at: Time,
}

/// A charge to one row: it finds the row only where there is room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spend {
    /// Which row.
    pub budget: BudgetId,
    /// Uses.
    pub units: i64,
    /// The most in all.
    pub executions_max: i64,
    /// The most of a day.
    pub day_max: i64,
    /// The most of a minute.
    pub minute_max: i64,
    /// Seconds since the last charge, at least; none where it does not matter.
    pub cooldown_seconds: Option<i64>,
    /// The turn that was seen, and the values to remember, where a pace is bounded.
    pub pace: Option<(i64, Last)>,
    /// When.
    pub at: Time,
}

/// A charge of money to one row and currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpendAmount {
    /// Which row.
    pub budget: BudgetId,
    /// How much.
    pub money: Money,
    /// The most of a day, in ten-thousandths.
    pub day_max: i64,
    /// When.
    pub at: Time,
}

/// What goes back to a row, into the windows of its charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    /// Which row.
    pub budget: BudgetId,
    /// Uses.
    pub units: i64,
    /// When they were charged.
    pub charged: Time,
}

/// Money that goes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnAmount {
    /// Which row.
    pub budget: BudgetId,
    /// In which currency, and how much, in ten-thousandths.
    pub currency: Currency,
    /// How much, in ten-thousandths.
    pub value: i64,
    /// When it was charged.
    pub charged: Time,
}

/// What a change may do to the ledger and its rows. Each may find no row, and then the change is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// An entry that is new.
    Append(Box<Entry>),
    /// A charge.
    Spend(Box<Spend>),
    /// A charge of money.
    SpendAmount(Box<SpendAmount>),
}

/// What goes back, in the same change as the end that says so: the end is appended once, and so is this. A row that is gone wants nothing back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Uses.
    Return(Box<Return>),
    /// Money.
    ReturnAmount(Box<ReturnAmount>),
}
