//! Who may ask, and how often.
//!
//! [`gate`] asks it of every request. [`address`] tells whose a request is, also behind proxies;
//! [`crowd`] counts how much of something each household holds at once, and [`rates`] how often it
//! does something; [`origins`] tells from which pages. All the numbers are in `limits`.

pub(crate) mod address;
pub(crate) mod crowd;
pub(crate) mod gate;
pub(crate) mod origins;
pub(crate) mod rates;
